using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>
/// Magics and versions of the acceptor, of the socklnd HELLO and of the ping buffer. A peer of the other byte order
/// shows by the reversed magic.
/// </summary>
/// <remarks>Source: include/uapi/linux/lnet/lnet-types.h.</remarks>
[WireName("LNET_PROTO_")]
public static class LNetProtocol
{
    public const int ACCEPTOR_VERSION = 1;
    public const int PING_MAGIC = 0x70696E67;
    public const uint TCP_MAGIC = 0xEEBC0DED;
    public const int TCP_VERSION_MAJOR = 1;
    public const int TCP_VERSION_MINOR = 0;
    public const uint ACCEPTOR_MAGIC = 0xACCE7100;
    public const int ACCEPTOR_VERSION_16 = 2;
    public const int EFA_MAGIC = 0x2BE092BE;
    public const uint GNI_MAGIC = 0xB00FBABE;
    public const int IB_MAGIC = 0xBE91B91;
    public const uint KFI_MAGIC = 0xDEADBEEF;
    public const int MAGIC = 0x45726963;
}
