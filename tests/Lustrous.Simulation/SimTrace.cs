using System.Globalization;
using System.Text;

namespace Lustrous.Simulation;

/// <summary>
/// What happened, in order: a hash over everything (two runs are the same run when it is equal) and the last lines as
/// text,
/// which are only formatted when somebody reads them.
/// </summary>
public sealed class SimTrace
{
    readonly Entry[] _ring;
    readonly TextWriter? _text;
    ulong _hash = 0xcbf29ce484222325;

    internal SimTrace(SimOptions options)
    {
        _ring = new Entry[Math.Max(1, options.TailLines)];
        _text = options.TraceText;
    }

    /// <summary>Over every entry so far: time, place, kind and numbers.</summary>
    public ulong Hash => _hash;

    public long Count { get; private set; }

    /// <summary>
    /// Adds an entry. <paramref name="detail"/> is for values that cost nothing to hand over (literals, names).
    /// </summary>
    public void Add(TimeSpan now, string host, string kind, ulong x = 0, ulong y = 0, string detail = "")
    {
        Mix((ulong)now.Ticks);
        Mix(host);
        Mix(kind);
        Mix(x);
        Mix(y);
        Mix(detail);
        var entry = new Entry(now, host, kind, x, y, detail);
        _ring[Count++ % _ring.Length] = entry;
        _text?.WriteLine(entry.ToString());
    }

    /// <summary>The last lines, oldest first.</summary>
    public string Tail()
    {
        var text = new StringBuilder();
        for (long i = Math.Max(0, Count - _ring.Length); i < Count; i++)
            text.Append(_ring[i % _ring.Length].ToString()).Append('\n');
        return text.ToString();
    }

    void Mix(ulong value)
    {
        // One round of the splitmix finisher over FNV's state: order matters, every bit counts.
        ulong z = (_hash ^ value) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 29)) * 0xBF58476D1CE4E5B9;
        _hash = z ^ (z >> 32);
    }

    void Mix(string value)
    {
        // Not string.GetHashCode, which differs from process to process.
        ulong hash = 0xcbf29ce484222325;
        foreach (char c in value)
            hash = (hash ^ c) * 0x100000001b3;
        Mix(hash);
    }

    readonly record struct Entry(TimeSpan Now, string Host, string Kind, ulong X, ulong Y, string Detail)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"{Now.TotalSeconds,14:F7} {Host,-6} {Kind,-10} {X:x} {Y:x} {Detail}");
    }
}
