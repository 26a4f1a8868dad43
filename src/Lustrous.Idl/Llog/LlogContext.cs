using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>Which use of llogs: <c>lgd_ctxt_idx</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LLOG_")]
public enum LlogContext : uint
{
    CONFIG_ORIG_CTXT = 0,
    CONFIG_REPL_CTXT = 1,
    MDS_OST_ORIG_CTXT = 2,
    MDS_OST_REPL_CTXT = 3,
    SIZE_ORIG_CTXT = 4,
    SIZE_REPL_CTXT = 5,
    TEST_ORIG_CTXT = 8,
    TEST_REPL_CTXT = 9,
    CHANGELOG_ORIG_CTXT = 12,
    CHANGELOG_REPL_CTXT = 13,
    CHANGELOG_USER_ORIG_CTXT = 14,
    AGENT_ORIG_CTXT = 15,
    UPDATELOG_ORIG_CTXT = 16,
    UPDATELOG_REPL_CTXT = 17,
}

/// <summary>
/// Values of <see cref="LlogContext"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LLOG_")]
public static class LlogContextMasks
{
    public const LlogContext MAX_CTXTS = (LlogContext)18;
}
