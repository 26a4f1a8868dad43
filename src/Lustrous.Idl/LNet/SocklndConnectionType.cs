using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>What a TCP connection carries; the passive side inverts BULK_IN and BULK_OUT.</summary>
/// <remarks>Source: include/uapi/linux/lnet/socklnd.h.</remarks>
[WireName("SOCKLND_CONN_")]
public enum SocklndConnectionType : int
{
    /// <summary>In an answer: both sides dialled at once and this one lost.</summary>
    NONE = -1,
    ANY = 0,
    CONTROL = 1,
    BULK_IN = 2,
    BULK_OUT = 3,
}

/// <summary>
/// Values of <see cref="SocklndConnectionType"/> that combine, bound or repeat others: apart, so that it prints as
/// its parts.
/// </summary>
[WireName("SOCKLND_CONN_")]
public static class SocklndConnectionTypeMasks
{
    public const SocklndConnectionType NTYPES = (SocklndConnectionType)4;
}
