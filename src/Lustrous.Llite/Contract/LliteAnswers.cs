namespace Lustrous.Llite;

/// <summary>Attributes, and whether the kernel may keep them until told otherwise (a lock covers them).</summary>
public record struct LliteStat
{
    public LliteAttributes Attributes;
    public bool MayCache;
}

/// <summary>What a name leads to. The answer counts as one lookup of the inode: one forget pays it back.</summary>
public record struct LliteEntry
{
    /// <summary>Null: there is no such name; only when <see cref="EntryMayCache"/>, otherwise the answer is
    /// ENOENT.</summary>
    public LliteInode? Inode;

    public LliteAttributes Attributes;

    /// <summary>The name may be kept until told otherwise.</summary>
    public bool EntryMayCache;

    /// <summary>The attributes may be kept until told otherwise.</summary>
    public bool AttributesMayCache;
}

/// <summary>An open file or directory, and how the kernel shall treat its pages.</summary>
public record struct LliteOpened
{
    public LliteFile File;

    /// <summary>Pages of an earlier open are still good (FOPEN_KEEP_CACHE).</summary>
    public bool KeepCache;

    /// <summary>Reads and writes come to us unchanged (FOPEN_DIRECT_IO).</summary>
    public bool DirectIo;

    /// <summary>A directory's entries may be kept (FOPEN_CACHE_DIR).</summary>
    public bool CacheDirectory;
}

/// <summary>Both answers of a create.</summary>
public record struct LliteCreated
{
    public LliteEntry Entry;
    public LliteOpened Opened;
}
