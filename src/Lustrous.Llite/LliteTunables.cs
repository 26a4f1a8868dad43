using Lustrous.Obdclass.Parameters;

namespace Lustrous.Llite;

/// <summary>Tunables and counters of one mount: <c>llite.FSNAME-INSTANCE.*</c>.</summary>
public sealed class LliteTunables
{
    /// <summary>Most that is read ahead of one file, in MiB.</summary>
    public long MaxReadAheadPerFileMb { get; set; } = 64;

    /// <summary>Most that is read ahead, in MiB; 0 turns it off.</summary>
    public long MaxReadAheadMb { get; set; } = 256;

    /// <summary>Attributes asked for at once ahead of <c>ls -l</c>; 0 turns it off.</summary>
    public int StataheadMax { get; set; } = 128;

    /// <summary>Seconds that an answer to statfs is good for.</summary>
    public int StatfsMaxAgeSeconds { get; set; } = 1;

    /// <summary>Extended attributes are kept under their lock.</summary>
    public bool XattrCache { get; set; } = true;

    public LliteTunables(TimeProvider clock)
    {
        ReadBytes = new StatsCounter("read_bytes", "bytes", CounterKind.MinMaxSum);
        WriteBytes = new StatsCounter("write_bytes", "bytes", CounterKind.MinMaxSum);
        Lookup = new StatsCounter("lookup", "reqs", CounterKind.Count);
        Getattr = new StatsCounter("getattr", "reqs", CounterKind.Count);
        Open = new StatsCounter("open", "reqs", CounterKind.Count);
        Create = new StatsCounter("create", "reqs", CounterKind.Count);
        Readdir = new StatsCounter("readdir", "reqs", CounterKind.Count);
        StataheadHits = new StatsCounter("statahead", "reqs", CounterKind.Count);
        Stats = new Stats(
            clock, ReadBytes, WriteBytes, Lookup, Getattr, Open, Create, Readdir, StataheadHits);
    }

    public Stats Stats { get; }

    internal StatsCounter ReadBytes { get; }

    internal StatsCounter WriteBytes { get; }

    internal StatsCounter Lookup { get; }

    internal StatsCounter Getattr { get; }

    internal StatsCounter Open { get; }

    internal StatsCounter Create { get; }

    internal StatsCounter Readdir { get; }

    internal StatsCounter StataheadHits { get; }

    internal long ReadAheadLimit => Math.Min(MaxReadAheadPerFileMb, MaxReadAheadMb) << 20;
}
