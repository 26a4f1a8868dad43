using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Which attributes REINT_SETATTR changes: <c>sa_valid</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("MDS_ATTR_")]
public enum MdsAttrFlags : ulong
{
    MODE = 0x1,
    UID = 0x2,
    GID = 0x4,
    SIZE = 0x8,
    ATIME = 0x10,
    MTIME = 0x20,
    CTIME = 0x40,
    ATIME_SET = 0x80,
    MTIME_SET = 0x100,
    FORCE = 0x200,
    ATTR_FLAG = 0x400,
    KILL_SUID = 0x800,
    KILL_SGID = 0x1000,
    CTIME_SET = 0x2000,
    FROM_OPEN = 0x4000,
    BLOCKS = 0x8000,
    PROJID = 0x10000,
    LSIZE = 0x20000,
    LBLOCKS = 0x40000,
    OVERRIDE = 0x2000000,
}
