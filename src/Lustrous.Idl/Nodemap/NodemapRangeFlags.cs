using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>Whether a range of NIDs belongs to a nodemap or is banned from it.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[Flags]
[WireName("NM_RANGE_FL_")]
public enum NodemapRangeFlags : byte
{
    REG = 0,
    BAN = 0x1,
}
