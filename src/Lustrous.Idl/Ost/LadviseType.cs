using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>What a program says of a file's range.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("LU_LADVISE_")]
public enum LadviseType : ushort
{
    Invalid = 0,
    Willread = 1,
    Dontneed = 2,
    Locknoexpand = 3,
    Lockahead = 4,
    Ahead = 5,
}
