using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd;

/// <summary>
/// Puts faults between LNet and a driver, by rules that may come and go while messages flow: what
/// <c>lctl net_drop_add</c> and <c>net_delay_add</c> do in Lustre. Without rules it costs one comparison a message.
/// </summary>
public sealed class FaultInjector(ILnd inner, NodeContext context) : ILnd
{
    /// <summary>Delayed messages at one time; what comes beyond is let through.</summary>
    const int MaxDelayed = 4096;

    readonly RankedLock _lock = new(rank: 36, "lnd_fault");
    readonly List<DelayedMessage> _delayed = [];    // guarded by _lock
    FaultRule[] _rules = [];                        // replaced under _lock, read without
    bool _stopped;                                  // guarded by _lock

    public LNetType Type => inner.Type;

    /// <summary>The rules now in force, oldest first.</summary>
    public IReadOnlyList<FaultRule> Rules => Volatile.Read(ref _rules);

    /// <summary>Adds a rule; the first rule to hit a message decides. EINVAL when it contradicts itself.</summary>
    public Errno Add(FaultRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        if (rule.Validate() is var status && status != Errno.OK)
            return status;
        rule.Start(context.Random, context.Uptime);
        using (_lock.Enter())
            _rules = [.. _rules, rule];
        return Errno.OK;
    }

    /// <summary>Removes the rules that a test picks; delayed messages still go at their time. Says how many.</summary>
    public int Remove(Predicate<FaultRule> which)
    {
        using (_lock.Enter())
        {
            int before = _rules.Length;
            _rules = Array.FindAll(_rules, rule => !which(rule));
            return before - _rules.Length;
        }
    }

    public ValueTask<Errno> StartupAsync(LNetInterface ni, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(ni);
        ni.Upcalls = new ReceiveSide(this, ni.Upcalls);
        return inner.StartupAsync(ni, cancel);
    }

    public void Send(LNetMessage message)
    {
        if (Volatile.Read(ref _rules).Length == 0 || Find(FaultDirections.Sent, message.Header) is not { } rule)
        {
            inner.Send(message);
            return;
        }
        switch (rule.Action)
        {
            case FaultAction.Drop:
                Finish(message, Errno.OK);
                break;
            case FaultAction.Error:
                Finish(message, rule.Error);
                break;
            default:
                if (!Delay(new DelayedMessage(this) { Outgoing = message }, rule.Latency))
                    inner.Send(message);
                break;
        }
    }

    public void ClosePeer(LNetInterface ni, Nid peer) => inner.ClosePeer(ni, peer);

    public async ValueTask DisposeAsync()
    {
        DelayedMessage[] delayed;
        using (_lock.Enter())
        {
            _stopped = true;
            delayed = [.. _delayed];
        }
        foreach (DelayedMessage message in delayed)
            message.Expire(Errno.ESHUTDOWN);
        await inner.DisposeAsync();
    }

    NodeContext Context => context;

    void SendNow(LNetMessage message) => inner.Send(message);

    FaultRule? Find(FaultDirections direction, in LNetHeader header)
    {
        TimeSpan now = context.Uptime;
        using (_lock.Enter())
        {
            foreach (FaultRule rule in _rules)
            {
                if (rule.Hit(direction, header, context.Random, now))
                    return rule;
            }
        }
        return null;
    }

    // Not on the sender's stack: a driver that has taken a message ends it later, and LNet may count on that.
    void Finish(LNetMessage message, Errno status) => context.Work.Post(static state =>
    {
        var (message, status) = ((LNetMessage, Errno))state!;
        message.Complete(status);
    }, (message, status));

    /// <summary>Keeps a message for a while; false when there is no room for it.</summary>
    bool Delay(DelayedMessage message, TimeSpan latency)
    {
        using (_lock.Enter())
        {
            if (_stopped || _delayed.Count >= MaxDelayed)
                return false;
            _delayed.Add(message);
        }
        message.Start(context.Clock, latency);
        return true;
    }

    bool Forget(DelayedMessage message)
    {
        using (_lock.Enter())
            return _delayed.Remove(message);
    }

    /// <summary>Between the driver and LNet: sees every header that comes in.</summary>
    sealed class ReceiveSide(FaultInjector owner, ILndUpcalls upcalls) : ILndUpcalls, ILNetCompletions
    {
        public Errno Parse(LNetInterface ni, in LNetHeader header, Nid from, LNetReceive receive)
        {
            // A length that LNet refuses is for LNet to refuse, not for us to buffer.
            if (Volatile.Read(ref owner._rules).Length == 0 || header.PayloadLength > LNetNode.MaxPayload
                || owner.Find(FaultDirections.Received, header) is not { } rule)
                return upcalls.Parse(ni, header, from, receive);
            receive.SetDestination([]);
            receive.DestinationOffset = 0;
            receive.DestinationLength = 0;
            receive.Node = this;
            if (rule.Action == FaultAction.Delay)
            {
                var delayed = new DelayedMessage(owner)
                {
                    Upcalls = upcalls,
                    Interface = ni,
                    Header = header,
                    From = from,
                    Latency = rule.Latency,
                };
                delayed.Intercept(receive, owner.Context);
            }
            return Errno.OK;
        }

        public void NotifyPeer(LNetInterface ni, Nid peer, bool alive) => upcalls.NotifyPeer(ni, peer, alive);

        // A dropped message has been read to its end; nobody hears of it.
        void ILNetCompletions.OnReceiveComplete(LNetReceive receive, Errno status)
        {
        }

        void ILNetCompletions.OnSendComplete(LNetMessage message, Errno status) =>
            Lassert.Lbug("a message sent through the receiving side");
    }

    /// <summary>
    /// One message kept for a while: an outgoing one as it is, an incoming one with its payload set aside.
    /// </summary>
    sealed class DelayedMessage(FaultInjector owner) : ILNetCompletions
    {
        PooledBuffer? _payload;
        ITimer? _timer;

        public LNetMessage? Outgoing { get; init; }
        public ILndUpcalls? Upcalls { get; init; }
        public LNetInterface? Interface { get; init; }
        public LNetHeader Header { get; init; }
        public Nid From { get; init; }
        public TimeSpan Latency { get; init; }

        public void Start(TimeProvider clock, TimeSpan latency) => _timer = clock.CreateTimer(
            static state => ((DelayedMessage)state!).Expire(Errno.OK), this, latency, Timeout.InfiniteTimeSpan);

        /// <summary>Has the driver put the payload into a buffer of ours.</summary>
        public void Intercept(LNetReceive receive, NodeContext context)
        {
            int length = (int)Header.PayloadLength;
            if (length > 0)
            {
                _payload = context.Buffers.Take(length);
                receive.SetDestination([_payload.Slice(0, length)]);
            }
            receive.DestinationLength = length;
            receive.Node = this;
        }

        /// <summary>
        /// The time is up, or the injector stops (a status other than OK): whoever removes it ends it, once.
        /// </summary>
        public void Expire(Errno status)
        {
            if (!owner.Forget(this))
                return;
            _timer?.Dispose();
            if (Outgoing is { } message)
            {
                if (status == Errno.OK)
                    owner.SendNow(message);
                else
                    message.Complete(status);
                return;
            }
            if (status == Errno.OK)
                Deliver();
            _payload?.Dispose();
        }

        void ILNetCompletions.OnReceiveComplete(LNetReceive receive, Errno status)
        {
            if (status == Errno.OK && owner.Delay(this, Latency))
                return;
            // The connection died before the end of the payload, or there is no room: as if it had been lost.
            _payload?.Dispose();
        }

        void ILNetCompletions.OnSendComplete(LNetMessage message, Errno status) =>
            Lassert.Lbug("a message sent through the receiving side");

        void Deliver()
        {
            var receive = new LNetReceive();
            if (Upcalls!.Parse(Interface!, Header, From, receive) != Errno.OK)
                return;
            ReadOnlySpan<byte> rest = _payload is null ? [] : _payload.Span[..receive.DestinationLength];
            int skip = receive.DestinationOffset;
            foreach (IoVec fragment in receive.Destination)
            {
                int length = Math.Min(fragment.Length - skip, rest.Length);
                rest[..length].CopyTo(fragment.Span.Slice(skip, length));
                rest = rest[length..];
                skip = 0;
            }
            receive.Complete(Errno.OK);
        }
    }

}
