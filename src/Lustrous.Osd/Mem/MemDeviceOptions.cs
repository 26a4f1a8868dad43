namespace Lustrous.Osd.Mem;

/// <summary>How large a device in memory is, and when it commits.</summary>
public sealed record MemDeviceOptions
{
    /// <summary>Of the log and parameters: <c>lustre-OST0000-osd</c>.</summary>
    public string Name { get; init; } = "osd-mem";

    /// <summary>Room for bodies, objects, names and attributes, in bytes; memory is taken as it fills.</summary>
    public long CapacityBytes { get; init; } = 16L << 30;

    /// <summary>Objects at most.</summary>
    public long MaxObjects { get; init; } = 16 << 20;

    /// <summary>From the first transaction that waits to the commit of all that do; zero commits each as it
    /// stops.</summary>
    public TimeSpan CommitDelay { get; init; }

    /// <summary>Changes the order of names in directories; 0 draws one.</summary>
    public ulong HashKey { get; init; }
}
