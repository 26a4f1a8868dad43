using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc;

/// <summary>Places that fail on purpose (<c>lctl set_param fail_loc=0x…</c>), by Lustre's numbers. Each stands here
/// because something asks for it.</summary>
/// <remarks>Source: lustre/include/obd_support.h, and where each is checked in Lustre.</remarks>
public static class ObdFail
{
    /// <summary>Replies of an MDT to MDS_REINT and MDS_CLOSE are lost.</summary>
    public const uint MdsReintReply = 0x119, MdsCloseReply = 0x13b;

    /// <summary>A checksum of data that an OST receives, or sends, is wrong.</summary>
    public const uint OstChecksumReceive = 0x21a, OstChecksumSend = 0x21b;

    /// <summary>The answer to a connect to an OST is lost.</summary>
    public const uint OstConnectReply = 0x225;

    /// <summary>Lock callbacks are lost at the client.</summary>
    public const uint BlockingCallback = 0x305, CompletionCallback = 0x306, GlimpseCallback = 0x307;

    /// <summary>A client's request does not leave it.</summary>
    public const uint DropRpc = 0x505;

    /// <summary>A server waits <c>fail_val</c> milliseconds before it handles a request.</summary>
    public const uint PauseRequest = 0x50a;

    /// <summary>A server loses requests of the opcode in <c>fail_val</c>.</summary>
    public const uint DropOpcode = 0x513;

    /// <summary>A replay is lost before it waits for its turn.</summary>
    public const uint ReplayDrop = 0x707;

    /// <summary>300 ms, or <c>fail_val</c> seconds, pass before each turn of a recovery.</summary>
    public const uint ReplayDelay = 0x709, ReplayDelaySeconds = 0x714;

    /// <summary>A new client finds no room in last_rcvd.</summary>
    public const uint ClientAdd = 0x711;

    /// <summary>Connects are put off (EAGAIN), as while a target comes up.</summary>
    public const uint RecoveryConnect = 0x724;

    /// <summary>The MGS takes ten seconds for a registration; its client twenty before it reads a log.</summary>
    public const uint PauseRegistration = 0x905, PauseReadLog = 0x903;

    /// <summary>Classes of targets: the upper byte of their places.</summary>
    public const uint MdsClass = 0x100, OstClass = 0x200, MgsClass = 0x900;

    /// <summary>A request of this kind is lost on its way in (<c>OBD_FAIL_*_NET</c>); 0 for none.</summary>
    public static uint OfRequest(uint opcode) => opcode switch
    {
        (uint)MdsOpcode.Getattr => 0x102,
        (uint)MdsOpcode.Readpage => 0x104,
        (uint)MdsOpcode.Reint => 0x107,
        (uint)MdsOpcode.Close => 0x115,
        (uint)MdsOpcode.Connect => 0x117,
        (uint)MdsOpcode.Disconnect => 0x11a,
        (uint)MdsOpcode.GetRoot => 0x11b,
        (uint)MdsOpcode.Statfs => 0x11e,
        (uint)MdsOpcode.GetattrName => 0x11f,
        (uint)MdsOpcode.Sync => 0x124,
        (uint)MdsOpcode.Quotactl => 0x12e,
        (uint)MdsOpcode.Getxattr => 0x130,
        (uint)MdsOpcode.HsmStateGet => 0x149,
        (uint)MdsOpcode.HsmStateSet => 0x14a,
        (uint)MdsOpcode.SwapLayouts => 0x14f,
        (uint)MdsOpcode.Rmfid => 0x166,
        (uint)MdsOpcode.SetInfo => 0x182,
        (uint)MdsOpcode.GetInfo => 0x186,
        (uint)MdsOpcode.Batch => 0x18d,
        (uint)OstOpcode.Connect => 0x201,
        (uint)OstOpcode.Disconnect => 0x202,
        (uint)OstOpcode.GetInfo => 0x203,
        (uint)OstOpcode.Create => 0x204,
        (uint)OstOpcode.Destroy => 0x205,
        (uint)OstOpcode.Getattr => 0x206,
        (uint)OstOpcode.Setattr => 0x207,
        (uint)OstOpcode.Read or (uint)OstOpcode.Write => 0x20a,
        (uint)OstOpcode.Punch => 0x20b,
        (uint)OstOpcode.Statfs => 0x20c,
        (uint)OstOpcode.Sync => 0x210,
        (uint)OstOpcode.Quotactl => 0x219,
        (uint)OstOpcode.SetInfo => 0x232,
        (uint)OstOpcode.Ladvise => 0x235,
        (uint)OstOpcode.Fallocate => 0x249,
        (uint)OstOpcode.Seek => 0x24a,
        (uint)LdlmOpcode.Enqueue => 0x302,
        (uint)LdlmOpcode.Convert => 0x303,
        (uint)LdlmOpcode.Cancel => 0x304,
        (uint)ObdOpcode.Ping => 0x600,
        (uint)MgsOpcode.Connect => 0x906,
        (uint)MgsOpcode.Disconnect => 0x907,
        (uint)MgsOpcode.SetInfo => 0x908,
        (uint)MgsOpcode.TargetReg => 0x90a,
        (uint)MgsOpcode.TargetDel => 0x90b,
        (uint)MgsOpcode.ConfigRead => 0x90c,
        (uint)FldOpcode.Query => 0x1101,
        (uint)FldOpcode.Read => 0x1102,
        (uint)LlogOpcode.OriginHandleCreate => 0x1302,
        (uint)LlogOpcode.OriginHandleReadHeader => 0x1304,
        (uint)LlogOpcode.OriginHandleNextBlock => 0x1305,
        (uint)LlogOpcode.OriginHandlePrevBlock => 0x1306,
        _ => 0,
    };

    /// <summary>Any request to a target of this class is lost; only of the opcode in <c>fail_val</c> where there is
    /// one.</summary>
    public static uint OfAnyRequest(uint targetClass) => targetClass switch
    {
        MdsClass => 0x123,
        OstClass => 0x212,
        MgsClass => 0x901,
        _ => 0,
    };

    /// <summary>A reply of a target of this class is lost; those of locks have a place of their own.</summary>
    public static uint OfReply(uint targetClass, uint opcode)
    {
        bool isLock =
            opcode is (uint)LdlmOpcode.Enqueue or (uint)LdlmOpcode.Convert or (uint)LdlmOpcode.Cancel;
        return targetClass switch
        {
            MdsClass => isLock ? 0x157u : 0x122u,
            OstClass => isLock ? 0x213u : 0x211u,
            MgsClass => isLock ? 0x90du : 0x902u,
            _ => 0,
        };
    }
}
