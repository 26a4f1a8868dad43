using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>Flags of a lock. The lower 32 travel; the upper ones are the node's own.</summary>
/// <remarks>Source: lustre/include/lustre_dlm_flags.h.</remarks>
[Flags]
[WireName("LDLM_FL_")]
public enum LockFlags : ulong
{
    LOCK_CHANGED = 0x1,
    BLOCK_GRANTED = 0x2,
    BLOCK_WAIT = 0x8,
    SPECULATIVE = 0x10,
    AST_SENT = 0x20,
    CONTENTION = 0x40,
    REPLAY = 0x100,
    INTENT_ONLY = 0x200,
    HAS_INTENT = 0x1000,
    FLOCK_DEADLOCK = 0x8000,
    DISCARD_DATA = 0x10000,
    NO_TIMEOUT = 0x20000,
    BLOCK_NOWAIT = 0x40000,
    TEST_LOCK = 0x80000,
    MATCH_LOCK = 0x100000,
    CANCEL_ON_BLOCK = 0x800000,
    CONVERTING = 0x2000000,
    NO_EXPANSION = 0x20000000,
    DENY_ON_CONTENTION = 0x40000000,
    AST_DISCARD_DATA = 0x80000000,
    FAIL_LOC = 0x100000000,
    CBPENDING = 0x400000000,
    WAIT_NOREPROC = 0x800000000,
    CANCEL = 0x1000000000,
    LOCAL_ONLY = 0x2000000000,
    FAILED = 0x4000000000,
    CANCELING = 0x8000000000,
    LOCAL = 0x10000000000,
    LVB_READY = 0x20000000000,
    KMS_IGNORE = 0x40000000000,
    CP_REQD = 0x80000000000,
    CLEANED = 0x100000000000,
    ATOMIC_CB = 0x200000000000,
    BL_AST = 0x400000000000,
    BL_DONE = 0x800000000000,
    NO_LRU = 0x1000000000000,
    FAIL_NOTIFIED = 0x2000000000000,
    DESTROYED = 0x4000000000000,
    RES_LOCKED = 0x10000000000000,
    WAITED = 0x20000000000000,
    NS_SRV = 0x40000000000000,
    EXCL = 0x80000000000000,
    RESENT = 0x100000000000000,
    NDELAY = 0x400000000000000,
    LVB_CACHED = 0x800000000000000,
}

/// <summary>
/// Values of <see cref="LockFlags"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LDLM_FL_")]
public static class LockFlagsMasks
{
    public const LockFlags AST_MASK = (LockFlags)0x18000;
    public const LockFlags BLOCKED_MASK = (LockFlags)0xA;
    public const LockFlags INHERIT_MASK = (LockFlags)0x208A0000;
    public const LockFlags SRV_ENQ_MASK = (LockFlags)0x2000B;
    /// <summary>What may travel in a callback.</summary>
    public const LockFlags WIRE_AST_FLAGS_MASK = (LockFlags)0x18020;
    /// <summary>What may travel in a request.</summary>
    public const LockFlags WIRE_REQ_FLAGS_MASK = (LockFlags)0xE08C131A;
    public const LockFlags GONE_MASK = (LockFlags)0x4004000000000;
}
