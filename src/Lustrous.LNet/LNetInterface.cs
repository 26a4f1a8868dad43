using Lustrous.Idl.LNet;
using Lustrous.LNet.Lnd;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet;

/// <summary>One of this node's addresses and the driver behind it (<c>struct lnet_ni</c>).</summary>
public sealed partial class LNetInterface(Nid nid, ILnd lnd, ILndUpcalls upcalls)
{
    int _health = HealthValue.Max;
    long _sent, _sentBytes, _received, _receivedBytes, _dropped, _droppedBytes, _errors;

    public Nid Nid { get; } = nid;

    public ILnd Lnd { get; } = lnd;

    /// <summary>Whom the driver tells; a decorator of the driver puts itself in between before it starts.</summary>
    public ILndUpcalls Upcalls { get; internal set; } = upcalls;

    /// <summary>0 to 1000; sending prefers the highest.</summary>
    public int Health => Volatile.Read(ref _health);

    public LNetCounters Counters => new(
        Interlocked.Read(ref _sent), Interlocked.Read(ref _sentBytes), Interlocked.Read(ref _received),
        Interlocked.Read(ref _receivedBytes), Interlocked.Read(ref _dropped), Interlocked.Read(ref _droppedBytes),
        Interlocked.Read(ref _errors));

    internal HealthRecovery Recovery { get; } = new();

    internal long SentMessages => Interlocked.Read(ref _sent);

    internal void CountSent(int bytes)
    {
        Interlocked.Increment(ref _sent);
        if (bytes != 0)
            Interlocked.Add(ref _sentBytes, bytes);
    }

    internal void CountReceived(int bytes)
    {
        Interlocked.Increment(ref _received);
        if (bytes != 0)
            Interlocked.Add(ref _receivedBytes, bytes);
    }

    internal void CountDropped(long bytes)
    {
        Interlocked.Increment(ref _dropped);
        Interlocked.Add(ref _droppedBytes, bytes);
    }

    internal void CountError() => Interlocked.Increment(ref _errors);

    internal void Failed(int sensitivity) => HealthValue.Lower(ref _health, sensitivity);

    internal void Succeeded(int sensitivity)
    {
        if (Volatile.Read(ref _health) != HealthValue.Max)
            HealthValue.Raise(ref _health, sensitivity);
    }
}
