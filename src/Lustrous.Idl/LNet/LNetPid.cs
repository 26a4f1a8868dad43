using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>
/// Process identifiers on LNet: kernel peers are all 12345; one that dialled from a port above 1023 is its port
/// with USERFLAG.
/// </summary>
/// <remarks>Source: include/uapi/linux/lnet/lnet-types.h.</remarks>
[WireName("LNET_PID_")]
public static class LNetPid
{
    public const uint ANY = 0xFFFFFFFF;
    public const uint LUSTRE = 12345;
    public const uint RESERVED = 0xF0000000;
    public const uint USERFLAG = 0x80000000;
}
