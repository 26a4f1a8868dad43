using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary><c>rnb_flags</c> of a piece of a bulk read or write; the upper bits stay on the node.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("OBD_BRW_")]
public enum BrwFlags : uint
{
    READ = 0x1,
    WRITE = 0x2,
    NDELAY = 0x4,
    SYNC = 0x8,
    CHECK = 0x10,
    /// <summary>Already paid for with grant.</summary>
    FROM_GRANT = 0x20,
    GRANTED = 0x40,
    NOCACHE = 0x80,
    NOQUOTA = 0x100,
    /// <summary>The client holds no lock: the server takes one.</summary>
    SRVLOCK = 0x200,
    ASYNC = 0x400,
    MEMALLOC = 0x800,
    OVER_USRQUOTA = 0x1000,
    OVER_GRPQUOTA = 0x2000,
    SOFT_SYNC = 0x4000,
    OVER_PRJQUOTA = 0x8000,
    ROOT_PRJQUOTA = 0x10000,
    RDMA_ONLY = 0x20000,
    SYS_RESOURCE = 0x40000,
    COMPRESSED = 0x80000,
    SPECULATIVE_COMPR = 0x100000,
    DONE = 0x40000000,
    LOCAL1 = 0x80000000,
}

/// <summary>
/// Values of <see cref="BrwFlags"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("OBD_BRW_")]
public static class BrwFlagsMasks
{
    /// <summary>What never travels.</summary>
    public const BrwFlags LOCALS = (BrwFlags)0xC0000000;
    public const BrwFlags OVER_ALLQUOTA = (BrwFlags)0xB000;
    public const BrwFlags RWMASK = (BrwFlags)0x3;
}
