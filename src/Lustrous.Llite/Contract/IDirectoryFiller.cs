namespace Lustrous.Llite;

/// <summary>Takes a directory's entries one by one until it is full.</summary>
public interface IDirectoryFiller
{
    /// <summary>Takes one entry; false when it has no room for it, which then counts as not given.</summary>
    bool Add(in LliteDirectoryEntry entry);
}

/// <summary>One entry of a directory.</summary>
public readonly ref struct LliteDirectoryEntry
{
    /// <summary>Good only during the call.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    public ulong Ino { get; init; }

    /// <summary>As st_mode; permissions 0.</summary>
    public uint Type { get; init; }

    /// <summary>Continues after this entry.</summary>
    public ulong NextCookie { get; init; }

    /// <summary>Readdirplus: inode and attributes. No inode: ask by lookup. Taking the entry counts as a
    /// lookup.</summary>
    public LliteEntry Entry { get; init; }
}
