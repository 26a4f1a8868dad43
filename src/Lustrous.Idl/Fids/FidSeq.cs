using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>Sequences with a meaning of their own; client files start at NORMAL.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("FID_SEQ_")]
public static class FidSeq
{
    /// <summary>OST objects of MDT0000 from before 2.4: id only.</summary>
    public const ulong OST_MDT0 = 0;
    public const ulong LLOG = 1;
    public const ulong ECHO = 2;
    public const ulong UNUSED_START = 3;
    public const ulong UNUSED_END = 9;
    public const ulong LLOG_NAME = 10;
    public const ulong RSVD = 11;
    /// <summary>IGIF: sequence is the inode number of a 1.x file.</summary>
    public const ulong IGIF = 12;
    public const ulong IGIF_MAX = 0xFFFFFFFF;
    /// <summary>IDIF: sequence holds the OST index and the upper bits of a 1.x object id.</summary>
    public const ulong IDIF = 0x100000000;
    public const ulong IDIF_MAX = 0x1FFFFFFFF;
    public const ulong START = 0x200000000;
    public const ulong LOCAL_FILE = 0x200000001;
    public const ulong DOT_LUSTRE = 0x200000002;
    public const ulong LOCAL_NAME = 0x200000003;
    public const ulong SPECIAL = 0x200000004;
    public const ulong QUOTA = 0x200000005;
    public const ulong QUOTA_GLB = 0x200000006;
    public const ulong ROOT = 0x200000007;
    public const ulong LAYOUT_RBTREE = 0x200000008;
    public const ulong UPDATE_LOG = 0x200000009;
    public const ulong UPDATE_LOG_DIR = 0x20000000A;
    public const ulong NORMAL = 0x200000400;
    public const ulong LOV_DEFAULT = 0xFFFFFFFFFFFFFFFF;
}
