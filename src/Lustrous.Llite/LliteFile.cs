using Lustrous.Clients.Mdc;

namespace Lustrous.Llite;

/// <summary>One open of a file or directory (<c>struct ll_file_data</c>).</summary>
public sealed class LliteFile
{
    internal LliteFile(LliteInode inode, LliteOpenFlags flags, ulong handle)
    {
        Inode = inode;
        Flags = flags;
        Handle = handle;
    }

    public LliteInode Inode { get; }

    public LliteOpenFlags Flags { get; }

    /// <summary>Names it to the kernel (<c>fh</c>).</summary>
    public ulong Handle { get; }

    public bool MayRead => (Flags & LliteOpenFlags.AccessMode) != LliteOpenFlags.WriteOnly;

    public bool MayWrite => (Flags & LliteOpenFlags.AccessMode) != 0;

    /// <summary>The open on the MDT; null for directories, which are read under a lock alone.</summary>
    internal MdOpenHandle? Open { get; set; }

    internal Readahead Readahead { get; } = new();

    /// <summary>Where the last transfer past our cache ended; -1 when what follows there is none of it.</summary>
    internal long DirectEnd = -1;

    /// <summary>Something was written through it.</summary>
    internal bool HasWritten { get; set; }

    /// <summary>Owners that have locked through it; null for none. Guarded by this object.</summary>
    internal List<ulong>? LockOwners { get; set; }

    /// <summary>Entries read last of a directory with stripes, which are not kept otherwise; null for none.</summary>
    internal DirectoryChunk? Entries { get; set; }

    /// <summary>Where the last read of the directory ended.</summary>
    internal DirectoryPosition Position { get; set; }
}
