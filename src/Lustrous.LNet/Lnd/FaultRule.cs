using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd;

/// <summary>What becomes of a message that a rule hits.</summary>
public enum FaultAction
{
    /// <summary>It vanishes; its sender believes that it went (<c>lctl net_drop_add</c>).</summary>
    Drop,
    /// <summary>
    /// It goes on after <see cref="FaultRule.Latency"/>; others overtake it (<c>lctl net_delay_add</c>).
    /// </summary>
    Delay,
    /// <summary>Sending it fails with <see cref="FaultRule.Error"/> (net_drop_add with a health error).</summary>
    Error,
}

/// <summary>Which way a message goes, seen from the node with the rule.</summary>
[Flags]
public enum FaultDirections
{
    Sent = 1,
    Received = 2,
    Both = Sent | Received,
}

/// <summary>Kinds of message, as the mask of a rule (<c>fa_msg_mask</c>).</summary>
[Flags]
public enum FaultMessages
{
    Ack = 1 << (int)LNetMessageType.Ack,
    Put = 1 << (int)LNetMessageType.Put,
    Get = 1 << (int)LNetMessageType.Get,
    Reply = 1 << (int)LNetMessageType.Reply,
    All = Ack | Put | Get | Reply,
}

/// <summary>
/// One fault to inject: which messages match, how many of those are hit, and what is done to them. Set before it is
/// added;
/// the counters are for reading.
/// </summary>
/// <remarks>Source of the semantics: lnet/lnet/net_fault.c and <c>struct lnet_fault_attr</c> of lnetctl.h.</remarks>
public sealed class FaultRule
{
    long _hitAt;            // guarded by the injector's lock, as all below
    TimeSpan _hitTime;
    TimeSpan _timeBase;

    public FaultAction Action { get; init; }

    public FaultDirections Directions { get; init; } = FaultDirections.Both;

    /// <summary>Original sender; address 255.255.255.255 of a net stands for all of it.</summary>
    public Nid Source { get; init; } = Nid.Any;

    /// <summary>Final receiver, as <see cref="Source"/>.</summary>
    public Nid Destination { get; init; } = Nid.Any;

    public FaultMessages Messages { get; init; } = FaultMessages.All;

    /// <summary>Bit per portal; not 0 limits the rule to PUT and GET, which alone have one.</summary>
    public ulong PortalMask { get; init; }

    /// <summary>Hits one of so many matching messages; 1 hits each. Exclusive with the two that follow.</summary>
    public int Rate { get; init; }

    /// <summary>Hits one message in every such time.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Hits each matching message with this chance.</summary>
    public double Probability { get; init; }

    /// <summary>Hits so many and then rests; 0 is without end.</summary>
    public long MaxHits { get; init; }

    /// <summary>With <see cref="FaultAction.Delay"/>.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>With <see cref="FaultAction.Error"/>.</summary>
    public Errno Error { get; init; } = Errno.EHOSTUNREACH;

    /// <summary>Messages that matched, and those of them that were hit.</summary>
    public long Matched { get; private set; }

    public long Hits { get; private set; }

    /// <summary>EINVAL unless exactly one of rate, interval and probability is set and the rest makes sense.</summary>
    internal Errno Validate()
    {
        int ways = (Rate != 0 ? 1 : 0) + (Interval != TimeSpan.Zero ? 1 : 0) + (Probability != 0 ? 1 : 0);
        if (ways != 1 || Rate < 0 || Interval < TimeSpan.Zero || Probability is < 0 or > 1 || MaxHits < 0)
            return Errno.EINVAL;
        if (Messages == 0 || PortalMask != 0 && (Messages & (FaultMessages.Put | FaultMessages.Get)) == 0)
            return Errno.EINVAL;
        if (Action == FaultAction.Error && (Error == Errno.OK || Directions != FaultDirections.Sent))
            return Errno.EINVAL;
        return Latency < TimeSpan.Zero || Latency > TimeSpan.FromHours(1) ? Errno.EINVAL : Errno.OK;
    }

    /// <summary>Draws the first message to hit.</summary>
    internal void Start(SeededRandom random, TimeSpan now)
    {
        // As Lustre has it: a rate of 2 hits the first message, which scripted tests rely on.
        _hitAt = Rate <= 2 ? 0 : random.Next(Rate);
        _timeBase = now + Interval;
        _hitTime = now + Interval * random.NextDouble();
    }

    /// <summary>Counts a message and says whether it is hit.</summary>
    internal bool Hit(FaultDirections direction, in LNetHeader header, SeededRandom random, TimeSpan now)
    {
        if (!Matches(direction, header) || MaxHits != 0 && Hits >= MaxHits)
            return false;
        long number = Matched++;
        bool hit;
        if (Rate != 0)
        {
            hit = number == _hitAt;
            // One of each Rate messages, at a place of its own in each such group.
            if (Matched % Rate == 0)
                _hitAt = Matched + random.Next(Rate);
        }
        else if (Interval != TimeSpan.Zero)
        {
            hit = now >= _hitTime;
            if (hit)
            {
                if (now > _timeBase)
                    _timeBase = now;
                _hitTime = _timeBase + Interval * random.NextDouble();
                _timeBase += Interval;
            }
        }
        else
        {
            hit = random.NextDouble() < Probability;
        }
        if (hit)
            Hits++;
        return hit;
    }

    bool Matches(FaultDirections direction, in LNetHeader header)
    {
        if ((Directions & direction) == 0 || !NidMatches(Source, header.SourceNid)
            || !NidMatches(Destination, header.DestinationNid))
            return false;
        bool hasPortal = header.Type is LNetMessageType.Put or LNetMessageType.Get;
        if (PortalMask != 0 && (!hasPortal || header.Portal >= 64 || (PortalMask >> (int)header.Portal & 1) == 0))
            return false;
        return (uint)header.Type < 32 && ((int)Messages >> (int)header.Type & 1) != 0;
    }

    static bool NidMatches(Nid wanted, Nid nid)
    {
        if (wanted.IsAny || wanted == nid)
            return true;
        return wanted.Net == nid.Net && wanted.IsNid4 && (uint)wanted.ToNid4() == uint.MaxValue;
    }
}
