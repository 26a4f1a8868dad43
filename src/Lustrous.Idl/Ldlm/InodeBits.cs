using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>Which parts of an inode an IBITS lock protects.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("MDS_INODELOCK_")]
public enum InodeBits : ulong
{
    NONE = 0,
    /// <summary>The name exists, and leads to this FID.</summary>
    LOOKUP = 0x1,
    /// <summary>Attributes, and the entries of a directory.</summary>
    UPDATE = 0x2,
    OPEN = 0x4,
    LAYOUT = 0x8,
    PERM = 0x10,
    XATTR = 0x20,
    /// <summary>Data kept on the MDT.</summary>
    DOM = 0x40,
}

/// <summary>
/// Values of <see cref="InodeBits"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("MDS_INODELOCK_")]
public static class InodeBitsMasks
{
    public const InodeBits _64BIT = (InodeBits)0x100000000;
    public const InodeBits FULL = (InodeBits)0x7F;
    public const InodeBits ELC = (InodeBits)0x3F;
}
