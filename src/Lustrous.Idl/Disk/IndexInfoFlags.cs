using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>Shape of an index read by OBD_IDX_READ.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("II_FL_")]
public enum IndexInfoFlags : ushort
{
    NOHASH = 0x1,
    VARKEY = 0x2,
    VARREC = 0x4,
    NONUNQ = 0x8,
    NOKEY = 0x10,
}
