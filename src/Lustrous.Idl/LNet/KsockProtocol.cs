using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>Versions of the socklnd stream, as HELLO states them.</summary>
/// <remarks>Source: lnet/klnds/socklnd/socklnd-idl.h.</remarks>
[WireName("KSOCK_PROTO_")]
public static class KsockProtocol
{
    public const uint V2 = 2;
    /// <summary>8-byte NIDs; zero-copy cookies.</summary>
    public const uint V3 = 3;
    /// <summary>20-byte NIDs, for IPv6.</summary>
    public const uint V4 = 4;
}
