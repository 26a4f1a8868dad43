using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Peers;

/// <summary>One address of a peer (<c>struct lnet_peer_ni</c>).</summary>
public sealed class LNetPeerInterface
{
    LNetPeer _peer;
    int _health = HealthValue.Max;
    int _delayed;
    long _sent;

    internal LNetPeerInterface(Nid nid)
    {
        Nid = nid;
        _peer = new LNetPeer(this);
    }

    public Nid Nid { get; }

    /// <summary>The peer it belongs to; changes when discovery finds that two NIDs are one peer's.</summary>
    public LNetPeer Peer
    {
        get => Volatile.Read(ref _peer);
        internal set => Volatile.Write(ref _peer, value);
    }

    /// <summary>0 to 1000; sending prefers the highest.</summary>
    public int Health => Volatile.Read(ref _health);

    /// <summary>False once its connections are gone or it said so itself, until something comes from it.</summary>
    public bool Alive { get; internal set; } = true;

    /// <summary>Messages handed to a driver for it.</summary>
    public long SentMessages => Interlocked.Read(ref _sent);

    /// <summary>A message has come from it, so that it is somebody.</summary>
    internal bool HeardFrom { get; set; }

    internal HealthRecovery Recovery { get; } = new();

    internal void CountSent() => Interlocked.Increment(ref _sent);

    internal void Failed(int sensitivity) => HealthValue.Lower(ref _health, sensitivity);

    internal void Succeeded(int sensitivity)
    {
        if (Volatile.Read(ref _health) != HealthValue.Max)
            HealthValue.Raise(ref _health, sensitivity);
    }

    /// <summary>Takes one of its places at the lazy portals; false when all are taken.</summary>
    internal bool TryDelay(int bound)
    {
        if (Interlocked.Increment(ref _delayed) <= bound)
            return true;
        Interlocked.Decrement(ref _delayed);
        return false;
    }

    internal void EndDelay() => Interlocked.Decrement(ref _delayed);
}

/// <summary>Health of an interface, ours or a peer's, as lnet counts it (<c>LNET_MAX_HEALTH_VALUE</c>).</summary>
static class HealthValue
{
    public const int Max = 1000;

    public static void Lower(ref int health, int by)
    {
        int seen = Volatile.Read(ref health);
        int was;
        while ((was = Interlocked.CompareExchange(ref health, Math.Max(0, seen - by), seen)) != seen)
            seen = was;
    }

    public static void Raise(ref int health, int by)
    {
        int seen = Volatile.Read(ref health);
        int was;
        while ((was = Interlocked.CompareExchange(ref health, Math.Min(Max, seen + by), seen)) != seen)
            seen = was;
    }
}

/// <summary>When a sick interface is tried next: after 1, 2, 4 … seconds, up to a bound.</summary>
/// <remarks>Guarded by the node's recovery lock. Source: lnet_get_next_recovery_ping in lib-lnet.h.</remarks>
sealed class HealthRecovery
{
    int _pings;

    public bool Queued { get; set; }

    /// <summary>Clock time stamp.</summary>
    public long NextTry { get; private set; }

    public void Schedule(TimeProvider clock, TimeSpan longest)
    {
        double seconds = Math.Min(longest.TotalSeconds, 1L << Math.Min(_pings, 30));
        _pings++;
        NextTry = clock.GetTimestamp() + (long)(seconds * clock.TimestampFrequency);
    }

    public void Reset() => _pings = 0;
}
