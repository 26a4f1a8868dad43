using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>Sizes of llog chunks and records.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LLOG_")]
public static class LlogConst
{
    public const int MIN_CHUNK_SIZE = 8192;
    public const int MIN_REC_SIZE = 24;
}
