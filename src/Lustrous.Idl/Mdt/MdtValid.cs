using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Which fields of an <c>mdt_body</c> or <c>obdo</c> hold a value, and which are wanted.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("OBD_MD_")]
public enum MdtValid : ulong
{
    /// <summary>The FID or object id.</summary>
    FLID = 0x1,
    FLATIME = 0x2,
    FLMTIME = 0x4,
    FLCTIME = 0x8,
    FLSIZE = 0x10,
    FLBLOCKS = 0x20,
    FLBLKSZ = 0x40,
    FLMODE = 0x80,
    FLTYPE = 0x100,
    FLUID = 0x200,
    FLGID = 0x400,
    FLFLAGS = 0x800,
    DOM_SIZE = 0x1000,
    FLNLINK = 0x2000,
    FLPARENT = 0x4000,
    LAYOUT_VERSION = 0x8000,
    FLRDEV = 0x10000,
    FLEASIZE = 0x20000,
    /// <summary>The target of a symbolic link.</summary>
    LINKNAME = 0x40000,
    FLHANDLE = 0x80000,
    FLCKSUM = 0x100000,
    FLPRJQUOTA = 0x400000,
    FLGROUP = 0x1000000,
    FLFID = 0x2000000,
    FLGRANT = 0x8000000,
    /// <summary>A directory's default layout.</summary>
    FLDIREA = 0x10000000,
    FLUSRQUOTA = 0x20000000,
    FLGRPQUOTA = 0x40000000,
    FLMODEASIZE = 0x80000000,
    MDS = 0x100000000,
    /// <summary>The layout of a striped directory.</summary>
    MEA = 0x400000000,
    TSTATE = 0x800000000,
    FLXATTR = 0x1000000000,
    FLXATTRLS = 0x2000000000,
    FLXATTRRM = 0x4000000000,
    FLACL = 0x8000000000,
    FLAGSTATFS = 0x10000000000,
    FLCROSSREF = 0x100000000000,
    /// <summary>Attributes under a lock the server takes.</summary>
    FLGETATTRLOCK = 0x200000000000,
    FLOBJCOUNT = 0x400000000000,
    FLDATAVERSION = 0x10000000000000,
    CLOSE_INTENT_EXECED = 0x20000000000000,
    DEFAULT_MEA = 0x40000000000000,
    FLOSTLAYOUT = 0x80000000000000,
    FLPROJID = 0x100000000000000,
    SECCTX = 0x200000000000000,
    FLLAZYSIZE = 0x400000000000000,
    FLLAZYBLOCKS = 0x800000000000000,
    FLBTIME = 0x1000000000000000,
    ENCCTX = 0x2000000000000000,
    NAMEHASH = 0x4000000000000000,
}

/// <summary>
/// Values of <see cref="MdtValid"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("OBD_MD_")]
public static class MdtValidMasks
{
    public const MdtValid FLALLQUOTA = (MdtValid)0x60400000;
    public const MdtValid FLGETATTR = (MdtValid)0x1100000001016FDF;
    public const MdtValid FLXATTRALL = (MdtValid)0x3000000000;
}
