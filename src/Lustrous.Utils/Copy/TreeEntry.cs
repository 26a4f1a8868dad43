namespace Lustrous.Utils.Copy;

/// <summary>One file, folder or link of the tree that is copied.</summary>
sealed class TreeEntry(string path, FileFacts facts)
{
    /// <summary>Below the tree's root; empty for the root.</summary>
    public string Path { get; } = path;

    public FileFacts Facts { get; } = facts;

    /// <summary>Where a symbolic link leads.</summary>
    public string? Target { get; init; }

    /// <summary>The first name of a file that has several; null for the first, and for others.</summary>
    public TreeEntry? SameAs { get; init; }

    /// <summary>Of the bytes that were copied.</summary>
    public UInt128 Checksum { get; set; }
}
