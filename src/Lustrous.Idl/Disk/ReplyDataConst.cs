using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>Magics of the reply_data file.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[WireName("LRH_")]
public static class ReplyDataConst
{
    public const uint MAGIC_V1 = 0xBDABDA01;
    public const uint MAGIC_V2 = 0xBDABDA02;
}
