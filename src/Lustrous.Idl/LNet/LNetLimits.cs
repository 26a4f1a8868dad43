using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>Sizes and reserved values every node shares.</summary>
/// <remarks>Source: include/uapi/linux/lnet/lnet-types.h.</remarks>
[WireName("LNET_")]
public static class LNetLimits
{
    /// <summary>Most payload bytes of one message.</summary>
    public const int MTU = 0x100000;
    public const int MTU_BITS = 20;
    public const int INTERFACES_MIN = 16;
    public const int INTERFACES_MAX_DEFAULT = 4096;
    public const int RESERVED_PORTAL = 0;
    public const ulong WIRE_HANDLE_COOKIE_NONE = 0xFFFFFFFFFFFFFFFF;
}
