namespace Lustrous.Osd.Disk.Store;

/// <summary>How a store is opened.</summary>
sealed record DiskStoreOptions
{
    public const long MostWriteBufferBytes = 32 << 20;

    /// <summary>It was never opened: what is not there is made.</summary>
    public required bool IsNew { get; init; }

    /// <summary>Of blocks read.</summary>
    public required long CacheBytes { get; init; }

    /// <summary>Bytes in memory after which a file of it is written. What it takes for a while to put files together is
    /// some times that.</summary>
    public required long WriteBufferBytes { get; init; }

    /// <summary>Is told what RocksDB says when a read or a write fails.</summary>
    public required Action<string> Problem { get; init; }
}
