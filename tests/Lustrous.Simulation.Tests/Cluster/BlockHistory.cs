using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>
/// What was written to and read from one block of one file, with when: checks that a read returns the last write. A
/// write counts from its call on and must count from its return on; while it is under way either value is right, but
/// once a read has returned the new one no later read may return the old one (an atomic register).
/// </summary>
sealed class BlockHistory(string name)
{
    /// <summary>Of a write that may or may not have happened: nobody heard of its end.</summary>
    public static readonly TimeSpan Never = TimeSpan.MaxValue;

    readonly List<Write> _writes = [new Write { Stamp = 0 }];        // a block that was never written reads as zeros
    readonly List<Read> _reads = [];

    public sealed class Write
    {
        public ulong Stamp { get; init; }

        /// <summary>Who wrote; 0 for nobody.</summary>
        public int Writer { get; init; }

        public TimeSpan Called { get; init; } = TimeSpan.MinValue;

        public TimeSpan Returned { get; set; } = TimeSpan.MinValue;

        /// <summary>Known to be on the server: an eviction of its writer cannot undo it.</summary>
        public bool IsSynced { get; set; }
    }

    readonly record struct Read(ulong Stamp, int Reader, TimeSpan Called, TimeSpan Returned);

    public Write BeginWrite(ulong stamp, int writer, TimeSpan now)
    {
        var write = new Write { Stamp = stamp, Writer = writer, Called = now, Returned = Never };
        _writes.Add(write);
        return write;
    }

    public void AddRead(ulong stamp, int reader, TimeSpan called, TimeSpan returned) =>
        _reads.Add(new Read(stamp, reader, called, returned));

    /// <summary>Everything of it that ended well is on the server.</summary>
    public void Synced(int writer, TimeSpan before)
    {
        foreach (Write write in _writes)
            write.IsSynced |= write.Writer == writer && write.Returned <= before;
    }

    /// <summary>The client was thrown out: what it had not yet written back may be lost, and what it read in its last
    /// moments may be old.</summary>
    public void Evicted(int client)
    {
        Doubt(client);
        _reads.RemoveAll(read => read.Reader == client);
    }

    /// <summary>The client was told once that something could not be written: whatever is not known to be on the server
    /// may be lost, and no later fsync says so again.</summary>
    public void Doubt(int client)
    {
        foreach (Write write in _writes)
        {
            if (write.Writer == client && !write.IsSynced)
                write.Returned = Never;
        }
    }

    public void Check()
    {
        var byStamp = _writes.ToDictionary(write => write.Stamp);
        foreach (Read read in _reads)
        {
            Lassert.That(byStamp.TryGetValue(read.Stamp, out Write? source),
                $"{name}: client {read.Reader} read {read.Stamp:x}, which nobody wrote");
            Lassert.That(source.Called <= read.Returned, $"{name}: {read.Stamp:x} was read before it was written");
            Write? newer = _writes.Find(write =>
                write.Called >= source.Returned && source.Returned != Never && write.Returned <= read.Called
                && write != source);
            Lassert.That(newer is null,
                $"{name}: client {read.Reader} read {read.Stamp:x} at {read.Called}…{read.Returned}, after client "
                + $"{newer?.Writer} had written {newer?.Stamp:x} until {newer?.Returned}");
        }
        CheckOrder(byStamp);
    }

    /// <summary>No read returns a value that is wholly before what an earlier read returned.</summary>
    void CheckOrder(Dictionary<ulong, Write> byStamp)
    {
        foreach (Read early in _reads)
        {
            foreach (Read late in _reads)
            {
                if (early.Returned >= late.Called || early.Stamp == late.Stamp)
                    continue;
                Write seen = byStamp[early.Stamp], older = byStamp[late.Stamp];
                Lassert.That(older.Returned == Never || older.Returned > seen.Called,
                    $"{name}: client {late.Reader} read {late.Stamp:x} at {late.Called} after client {early.Reader} "
                    + $"had read the newer {early.Stamp:x} until {early.Returned}");
            }
        }
    }
}
