namespace Lustrous.LNet;

/// <summary>What went through one interface, or the whole node (<c>struct lnet_counters</c>).</summary>
public readonly record struct LNetCounters(
    long SentMessages, long SentBytes, long ReceivedMessages, long ReceivedBytes, long DroppedMessages,
    long DroppedBytes, long Errors)
{
    public static LNetCounters operator +(LNetCounters left, LNetCounters right) => new(
        left.SentMessages + right.SentMessages, left.SentBytes + right.SentBytes,
        left.ReceivedMessages + right.ReceivedMessages, left.ReceivedBytes + right.ReceivedBytes,
        left.DroppedMessages + right.DroppedMessages, left.DroppedBytes + right.DroppedBytes,
        left.Errors + right.Errors);

    public static LNetCounters Add(LNetCounters left, LNetCounters right) => left + right;
}
