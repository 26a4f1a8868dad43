using System.Collections.Concurrent;
using System.IO.Hashing;

namespace Lustrous.Utils.Copy;

/// <summary>Copies a tree with several files at a time, and compares the copy with it afterwards.</summary>
sealed class TreeCopy
{
    const int BufferBytes = 1 << 20;

    readonly Tree _tree;
    readonly string _target;
    readonly int _tasks;
    readonly ConcurrentQueue<string> _problems = new();

    /// <param name="tree">What.</param>
    /// <param name="target">The folder that becomes the copy of the tree's root; exists.</param>
    /// <param name="tasks">Files at a time.</param>
    public TreeCopy(Tree tree, string target, int tasks)
    {
        _tree = tree;
        _target = target;
        _tasks = tasks;
    }

    /// <summary>What is wrong, one line each; nothing when the copy is equal.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    /// <summary>Bytes done since the present pass began.</summary>
    public long BytesDone => Interlocked.Read(ref _bytesDone);

    /// <summary>Entries done since the present pass began.</summary>
    public long EntriesDone => Interlocked.Read(ref _entriesDone);

    /// <summary>Makes a file that shall be striped, before it is written; null to make all alike.</summary>
    public Func<string, ulong, CancellationToken, ValueTask<Errno>>? Prepare { get; init; }

    long _bytesDone, _entriesDone;

    public async Task CopyAsync(CancellationToken cancel)
    {
        (_bytesDone, _entriesDone) = (0, 0);
        foreach (TreeEntry folder in _tree.Entries.Where(entry => entry.Facts.IsDirectory && entry.Path.Length > 0))
        {
            Directory.CreateDirectory(Full(folder));
            Interlocked.Increment(ref _entriesDone);
        }
        IEnumerable<TreeEntry> others = _tree.Entries.Where(
            entry => !entry.Facts.IsDirectory && entry.SameAs is null);
        await ForAllAsync(others, CopyOneAsync, cancel);
        foreach (TreeEntry other in _tree.Entries.Where(entry => entry.SameAs is not null))
        {
            Note(other, Libc.Link(Full(other.SameAs!), Full(other)), "cannot be linked");
            Interlocked.Increment(ref _entriesDone);
        }
        // A folder changes as long as something is put into it: last, and from the inside out.
        foreach (TreeEntry folder in _tree.Entries.Where(entry => entry.Facts.IsDirectory).Reverse())
            SetFacts(folder);
    }

    /// <summary>Reads the copy back, and looks at everything about it.</summary>
    public async Task CompareAsync(CancellationToken cancel)
    {
        (_bytesDone, _entriesDone) = (0, 0);
        await ForAllAsync(_tree.Entries, CompareOneAsync, cancel);
    }

    Task ForAllAsync(
        IEnumerable<TreeEntry> entries, Func<TreeEntry, byte[], CancellationToken, ValueTask> act,
        CancellationToken cancel) =>
        Parallel.ForEachAsync(
            entries, new ParallelOptions { MaxDegreeOfParallelism = _tasks, CancellationToken = cancel },
            async (entry, token) =>
            {
                byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(BufferBytes);
                try
                {
                    await act(entry, buffer, token);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    _problems.Enqueue($"{entry.Path}: {e.Message}");
                }
                finally
                {
                    System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
                }
                Interlocked.Increment(ref _entriesDone);
            });

    async ValueTask CopyOneAsync(TreeEntry entry, byte[] buffer, CancellationToken cancel)
    {
        string target = Full(entry);
        if (entry.Facts.IsSymlink)
            File.CreateSymbolicLink(target, entry.Target!);
        else if (entry.Facts.IsRegular)
            await CopyDataAsync(entry, target, buffer, cancel);
        else
            Note(entry, Libc.Mknod(target, entry.Facts.Mode), "cannot be made");
        SetFacts(entry);
    }

    async ValueTask CopyDataAsync(TreeEntry entry, string target, byte[] buffer, CancellationToken cancel)
    {
        if (Prepare is not null)
            Note(entry, await Prepare(target, entry.Facts.Size, cancel), "cannot be made with stripes");
        var hash = new XxHash128();
        using var source = new FileStream(Path.Combine(_tree.Root, entry.Path), ReadOptions);
        using var copy = new FileStream(target, WriteOptions);
        while (source.Read(buffer, 0, BufferBytes) is > 0 and var length)
        {
            cancel.ThrowIfCancellationRequested();
            copy.Write(buffer, 0, length);
            hash.Append(buffer.AsSpan(0, length));
            Interlocked.Add(ref _bytesDone, length);
        }
        entry.Checksum = hash.GetCurrentHashAsUInt128();
    }

    void SetFacts(TreeEntry entry)
    {
        string target = Full(entry);
        // Not everybody may give files away; then the owner is not compared either.
        if (Environment.IsPrivilegedProcess)
            Note(entry, Libc.Chown(target, entry.Facts.Uid, entry.Facts.Gid), "cannot get its owner");
        if (!entry.Facts.IsSymlink)
            Note(entry, Libc.Chmod(target, entry.Facts.Mode & 0xFFF), "cannot get its mode");
        Note(entry, Libc.SetTimes(target, entry.Facts.ModifySeconds), "cannot get its times");
    }

    ValueTask CompareOneAsync(TreeEntry entry, byte[] buffer, CancellationToken cancel)
    {
        string target = Full(entry);
        Result<FileFacts> found = Libc.Lstat(target);
        if (found.Failed)
        {
            _problems.Enqueue($"{entry.Path}: is not there: {found.Error}");
            return ValueTask.CompletedTask;
        }
        CompareFacts(entry, found.Value);
        if (entry.Facts.IsSymlink && new FileInfo(target).LinkTarget != entry.Target)
            _problems.Enqueue($"{entry.Path}: leads elsewhere");
        if (entry.SameAs is { } first
            && Libc.Lstat(Full(first)) is { Failed: false } other && other.Value.Inode != found.Value.Inode)
            _problems.Enqueue($"{entry.Path}: is no longer the same file as {first.Path}");
        if (Tree.IsData(entry) && found.Value.IsRegular)
            CompareData(entry, target, buffer, cancel);
        return ValueTask.CompletedTask;
    }

    void CompareFacts(TreeEntry entry, in FileFacts found)
    {
        FileFacts wanted = entry.Facts;
        if (found.Mode != wanted.Mode)
            _problems.Enqueue($"{entry.Path}: mode is {Octal(found.Mode)}, not {Octal(wanted.Mode)}");
        if (Environment.IsPrivilegedProcess && (found.Uid, found.Gid) != (wanted.Uid, wanted.Gid))
        {
            _problems.Enqueue(
                $"{entry.Path}: owner is {found.Uid}:{found.Gid}, not {wanted.Uid}:{wanted.Gid}");
        }
        if (found.ModifySeconds != wanted.ModifySeconds)
            _problems.Enqueue($"{entry.Path}: time is {found.ModifySeconds}, not {wanted.ModifySeconds}");
        if (!wanted.IsDirectory && found.Size != wanted.Size)
            _problems.Enqueue($"{entry.Path}: has {found.Size} bytes, not {wanted.Size}");
    }

    void CompareData(TreeEntry entry, string target, byte[] buffer, CancellationToken cancel)
    {
        var hash = new XxHash128();
        using var copy = new FileStream(target, ReadOptions);
        while (copy.Read(buffer, 0, BufferBytes) is > 0 and var length)
        {
            cancel.ThrowIfCancellationRequested();
            hash.Append(buffer.AsSpan(0, length));
            Interlocked.Add(ref _bytesDone, length);
        }
        if (hash.GetCurrentHashAsUInt128() != entry.Checksum)
            _problems.Enqueue($"{entry.Path}: its bytes differ");
    }

    void Note(TreeEntry entry, Errno error, string what)
    {
        if (error != Errno.OK)
            _problems.Enqueue($"{entry.Path}: {what}: {error}");
    }

    string Full(TreeEntry entry) => entry.Path.Length == 0 ? _target : Path.Combine(_target, entry.Path);

    static string Octal(uint mode) => Convert.ToString(mode, 8);

    // Buffers of our own: the stream's would only copy once more.
    static FileStreamOptions ReadOptions => new() { BufferSize = 0, Options = FileOptions.SequentialScan };

    static FileStreamOptions WriteOptions => new()
    {
        Mode = FileMode.OpenOrCreate,
        Access = FileAccess.Write,
        BufferSize = 0,
    };
}
