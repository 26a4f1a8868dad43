namespace Lustrous.Llite;

/// <summary>A name in a directory: where it leads, or that it leads nowhere.</summary>
sealed class LliteDentry(LliteInode parent, byte[] name, LliteInode? inode)
{
    public LliteInode Parent { get; } = parent;

    public byte[] Name { get; } = name;

    /// <summary>Null: there is no such name.</summary>
    public LliteInode? Inode { get; } = inode;

    /// <summary>The kernel was told that it may keep the name.</summary>
    public bool IsInKernel { get; set; }
}
