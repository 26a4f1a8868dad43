using System.Runtime.CompilerServices;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Server;

// Once a second while there are requests: early replies to clients that would give up, and the end of slow bulk
// transfers.
public sealed partial class Service
{
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    readonly ITimer _timer;
    readonly List<EarlyReply> _early = [];      // used by the timer only
    bool _timerArmed;                           // guarded by _lock

    /// <summary>Seconds by which this service's clients have been late to be told of a delay; 0 is well.</summary>
    public int LateSeconds { get; private set; }

    /// <summary>The timer runs while requests are in hand, so that an idle service costs nothing.</summary>
    void ArmTimer()
    {
        if (_timerArmed)
            return;
        _timerArmed = true;
        _timer.Change(Tick, Timeout.InfiniteTimeSpan);
    }

    void OnTick()
    {
        TimeSpan now = Context.Uptime;
        using (_lock.Enter())
        {
            if (_isStopping)
                return;
            CollectEarly(now);
        }
        foreach (EarlyReply early in _early)
            Send(early);
        _early.Clear();
        AbortLateBulks(now);
        // Only now: on a machine that has no time for us the next tick would come into the middle of this one.
        using (_lock.Enter())
        {
            _timerArmed = false;
            if (!_isStopping && _firstLive is not null)
                ArmTimer();
        }
    }

    /// <summary>Finds those whose client gives up soon, and gives them more time (ptlrpc_at_check_timed).</summary>
    void CollectEarly(TimeSpan now)
    {
        PtlrpcOptions timeouts = Options.Timeouts;
        if (!timeouts.AdaptiveTimeouts)
            return;
        var margin = TimeSpan.FromSeconds(timeouts.AtEarlyMarginSeconds);
        for (ServerRequest? request = _firstLive; request is not null; request = request.NextLive)
        {
            bool takesOne = request.SupportsEarlyReply && !request.EarlyGivenUp && !request.NoReply;
            if (!takesOne || request.Deadline > now + margin)
                continue;
            if (!TryExtend(request, now))
            {
                request.EarlyGivenUp = true;
                continue;
            }
            _early.Add(new EarlyReply(
                request.ReplyTarget, request.ReplyMatchBits, request.Opcode, _estimate.Seconds,
                ServiceSeconds(request)));
        }
    }

    /// <summary>Moves a request's deadline on; false when it has passed, or cannot move any further (at_max).</summary>
    bool TryExtend(ServerRequest request, TimeSpan now)
    {
        if (request.Deadline < now)
        {
            LateSeconds = Math.Max(LateSeconds, (int)(now - request.Deadline).TotalSeconds + 1);
            return false;
        }
        TimeSpan deadline;
        if ((request.Flags & (MsgFlags.REPLAY | MsgFlags.REQ_REPLAY_DONE | MsgFlags.LOCK_REPLAY_DONE)) != 0)
        {
            // Recovery waits for other clients; that says nothing about this service.
            deadline = now + TimeSpan.FromSeconds(Options.Timeouts.AtExtraSeconds);
        }
        else
        {
            _estimate.Measure(
                Options.Timeouts.AtExtraSeconds + (int)(now - request.Arrival).TotalSeconds, (long)now.TotalSeconds);
            deadline = request.Arrival + TimeSpan.FromSeconds(_estimate.Seconds);
        }
        if (deadline <= request.Deadline)
            return false;
        request.Deadline = deadline;
        request.EarlyReplies++;
        return true;
    }

    /// <summary>One body, at offset 0 of the client's buffer, with a checksum: the real reply may be arriving beside
    /// it.</summary>
    void Send(in EarlyReply early)
    {
        PooledBuffer memory = Context.Buffers.Take(EmptySize);
        LustreMessage message = LustreMessage.Format(memory.Span, [Unsafe.SizeOf<PtlrpcBodyV3>()]);
        ref PtlrpcBodyV3 body = ref BodyOf(memory);
        body.Type = PtlrpcMessageType.Reply;
        body.Version = (uint)LustreMsgVersion.PTLRPC_MSG_VERSION;
        body.Opcode = early.Opcode;
        body.Timeout = (uint)early.EstimateSeconds;
        body.ServiceTime = (uint)early.ServiceSeconds;
        message.Checksum = MessageChecksum.Of(message.Buffer(0));
        EnterBusy();
        _freeReplies.Take().Send(memory, EmptySize, remoteOffset: 0, early.MatchBits, early.Target, locks: null);
    }

    readonly record struct EarlyReply(
        ReplyTarget Target, ulong MatchBits, uint Opcode, int EstimateSeconds, int ServiceSeconds);
}
