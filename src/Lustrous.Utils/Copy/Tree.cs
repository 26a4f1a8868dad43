namespace Lustrous.Utils.Copy;

/// <summary>What is in a folder, in the order of its names; parents come before what is in them.</summary>
sealed class Tree
{
    Tree(string root, List<TreeEntry> entries)
    {
        Root = root;
        Entries = entries;
        Bytes = (long)entries.Where(IsData).Aggregate(0UL, (sum, entry) => sum + entry.Facts.Size);
    }

    public string Root { get; }

    public IReadOnlyList<TreeEntry> Entries { get; }

    /// <summary>Of all regular files, each once.</summary>
    public long Bytes { get; }

    /// <summary>Regular files, a file with several names once.</summary>
    public IEnumerable<TreeEntry> Data => Entries.Where(IsData);

    public static bool IsData(TreeEntry entry) => entry.Facts.IsRegular && entry.SameAs is null;

    /// <summary>Looks at everything below a folder; what cannot be read is reported and left out.</summary>
    public static Tree Read(string root, Action<string> skipped)
    {
        var entries = new List<TreeEntry>();
        var names = new Dictionary<(ulong, ulong), TreeEntry>();
        Add("");
        return new Tree(root, entries);

        void Add(string path)
        {
            string full = System.IO.Path.Combine(root, path);
            Result<FileFacts> facts = Libc.Lstat(full);
            if (facts.Failed)
            {
                skipped($"{full}: {facts.Error}");
                return;
            }
            FileFacts known = facts.Value;
            TreeEntry? first = null;
            bool hasNames = known.Links > 1 && !known.IsDirectory;
            if (hasNames)
                names.TryGetValue((known.Device, known.Inode), out first);
            var entry = new TreeEntry(path, known)
            {
                Target = known.IsSymlink ? new FileInfo(full).LinkTarget : null,
                SameAs = first,
            };
            if (hasNames && first is null)
                names.Add((known.Device, known.Inode), entry);
            entries.Add(entry);
            if (!known.IsDirectory)
                return;
            string[] children;
            try
            {
                children = [.. Directory.EnumerateFileSystemEntries(full, "*", s_all).Select(
                    child => System.IO.Path.GetFileName(child))];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                skipped($"{full}: {e.Message}");
                return;
            }
            Array.Sort(children, StringComparer.Ordinal);
            foreach (string child in children)
                Add(path.Length == 0 ? child : path + "/" + child);
        }
    }

    static readonly EnumerationOptions s_all = new() { AttributesToSkip = 0, ReturnSpecialDirectories = false };
}
