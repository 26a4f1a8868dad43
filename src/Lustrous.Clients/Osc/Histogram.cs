using System.Globalization;
using System.Numerics;
using System.Text;

namespace Lustrous.Clients.Osc;

/// <summary>Counts by powers of two (<c>struct obd_histogram</c>).</summary>
sealed class Histogram
{
    const int Buckets = 13;

    readonly long[] _counts = new long[Buckets];

    public void Add(int value) => Interlocked.Increment(
        ref _counts[Math.Min(Buckets - 1, BitOperations.Log2((uint)Math.Max(value, 1) * 2 - 1))]);

    public void Clear() => Array.Clear(_counts);

    /// <summary>Two side by side, as rpc_stats shows them (osc_rpc_stats_seq_show).</summary>
    public static void Append(StringBuilder text, Histogram read, Histogram write)
    {
        long reads = Sum(read._counts), writes = Sum(write._counts);
        long readsSoFar = 0, writesSoFar = 0;
        for (int i = 0; i < Buckets; i++)
        {
            readsSoFar += read._counts[i];
            writesSoFar += write._counts[i];
            text.Append(CultureInfo.InvariantCulture,
                $"{1 << i}:\t\t{read._counts[i],10} {Percent(read._counts[i], reads),3} {Percent(readsSoFar, reads),3}")
                .Append(CultureInfo.InvariantCulture,
                $"   | {write._counts[i],10} {Percent(write._counts[i], writes),3} {Percent(writesSoFar, writes),3}\n");
            if (readsSoFar == reads && writesSoFar == writes)
                break;
        }
    }

    static long Sum(long[] counts)
    {
        long sum = 0;
        foreach (long count in counts)
            sum += count;
        return sum;
    }

    static long Percent(long part, long all) => all == 0 ? 0 : part * 100 / all;
}
