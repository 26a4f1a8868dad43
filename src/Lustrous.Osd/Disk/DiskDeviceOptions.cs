using Lustrous.Osd.Disk.Files;

namespace Lustrous.Osd.Disk;

/// <summary>Where a device on a disk is, how large it may grow, and when it commits.</summary>
public sealed record DiskDeviceOptions
{
    /// <summary>The target's directory, made by <see cref="DiskDevice.Format"/>.</summary>
    public required string Path { get; init; }

    /// <summary>Of the log and parameters: <c>lustre-OST0000-osd</c>.</summary>
    public string Name { get; init; } = "osd-disk";

    /// <summary>Room for bodies, objects, names and attributes, in bytes; 0: as much as the file system has.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>Objects at most; 0: one for each 4 KiB of room.</summary>
    public long MaxObjects { get; init; }

    /// <summary>From the first transaction that waits to the commit of all that do; zero commits each as it
    /// stops.</summary>
    public TimeSpan CommitDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Room of the file system that is never given out, so that what removes can always be written.</summary>
    public long ReserveBytes { get; init; } = 256 << 20;

    /// <summary>Memory for what was used lately: half of it for blocks of the store, half for objects. What waits for a
    /// commit comes on top, some 200 MiB at most, and what the store has not written yet, some 100 MiB.</summary>
    public long MemoryBytes { get; init; } = 128 << 20;

    internal IDiskObserver? Observer { get; init; }

    /// <summary>Bytes of a file of the journal.</summary>
    internal long JournalSegmentBytes { get; init; } = 32 << 20;

    /// <summary>Bytes of the journal after which the store is made durable, so that files of it can go.</summary>
    internal long CheckpointBytes { get; init; } = 64 << 20;
}
