namespace Lustrous.Ptlrpc.Client;

/// <summary>
/// Numbers of requests, one sequence for the whole node: a request's xid is also the match bits of its reply and its
/// bulk, so no two requests under way may share one.
/// </summary>
/// <remarks>
/// Starts from the clock at a million a second, so that a restarted node never reuses what its last life had in flight.
/// Steps are a power of two: a bulk of several descriptors uses the numbers from the xid on. Source: ptlrpc_init_xid,
/// ptlrpc_next_xid.
/// </remarks>
public sealed class XidGenerator
{
    /// <summary>
    /// Numbers that belong to one request (<c>PTLRPC_BULK_OPS_COUNT</c>): 64 bulk descriptors of 1 MiB, one more where
    /// the data is not page-aligned, rounded up to a power of two.
    /// </summary>
    public const int Step = 128;

    const long Year2004 = 1L << 30;

    long _last;

    public XidGenerator(NodeContext context)
    {
        TimeSpan now = context.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch;
        // A process, other than a kernel, is back within the second: a late reply to its last life must not find
        // its number in use, so the fraction of the second counts too.
        ulong scaled = (ulong)(((UInt128)Math.Max(now.Ticks, 0) << 20) / TimeSpan.TicksPerSecond);
        // A clock that is plainly wrong does not tell two lives apart: chance does.
        ulong first = now.TotalSeconds < Year2004 ? context.Random.NextUInt64() >> 2 | 1UL << 61 : scaled;
        _last = (long)(first & ~(ulong)(Step - 1));
    }

    /// <summary>The next number: 64-bit, rising, a multiple of <see cref="Step"/>.</summary>
    public ulong Next() => (ulong)Interlocked.Add(ref _last, Step);

    /// <summary>What <see cref="Next"/> would give now; nothing is taken.</summary>
    public ulong Peek() => (ulong)Interlocked.Read(ref _last) + Step;
}
