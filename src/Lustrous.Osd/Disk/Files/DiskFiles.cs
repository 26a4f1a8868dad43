using System.Globalization;

namespace Lustrous.Osd.Disk.Files;

/// <summary>
/// The files with the bodies of a target's objects, by number: 4096 to a directory. Some stay open, those written since
/// the last sync among them.
/// </summary>
sealed class DiskFiles(string root, IDiskObserver? observer)
{
    const int PerDirectoryShift = 12;
    const int OpenFiles = 512;

    // Beyond that one call for the whole file system costs less than one for each.
    const int SyncEach = 32;

    readonly RankedLock _lock = new(77, "osd_disk_files");
    readonly Dictionary<ulong, DiskFile> _open = [];            // guarded by _lock, with one use each
    readonly LinkedList<DiskFile> _byUse = [];                  // guarded by _lock, latest first
    List<DiskFile> _dirty = [];                                 // guarded by _lock, with one use each
    HashSet<string> _dirtyDirectories = [];                     // guarded by _lock: a name in it is new
    bool _syncAll;                                              // guarded by _lock
    int _root = -1;

    public string PathOf(ulong number) => Path.Combine(
        DirectoryOf(number), (number & ((1UL << PerDirectoryShift) - 1)).ToString("x3", CultureInfo.InvariantCulture));

    /// <summary>Before anything is written: an error of the file system is told once to each who had it open before.
    /// Whoever opens it later may hear of none, when another target on it was told.</summary>
    public Errno OpenRoot()
    {
        _root = Posix.open(root, Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_CLOEXEC, 0);
        return _root < 0 ? Posix.LastError : Errno.OK;
    }

    /// <summary>The file, to be released.</summary>
    public Errno Open(ulong number, bool create, out DiskFile? file)
    {
        using (_lock.Enter())
        {
            if (_open.TryGetValue(number, out file) && file.TryUse())
            {
                _byUse.Remove(file.Place!);
                _byUse.AddFirst(file.Place!);
                return Errno.OK;
            }
        }
        string path = PathOf(number);
        Errno error = DiskFile.Open(path, create, observer, number, out file);
        if (error == Errno.ENOENT && create)
        {
            error = MakeDirectory(DirectoryOf(number));
            if (error == Errno.OK)
                error = DiskFile.Open(path, create, observer, number, out file);
        }
        if (error != Errno.OK)
            return error;
        DiskFile? dropped = null;
        using (_lock.Enter())
        {
            if (create)
                _dirtyDirectories.Add(DirectoryOf(number));
            if (_open.TryGetValue(number, out DiskFile? other) && other.TryUse())
            {
                dropped = file;
                file = other;
            }
            else
            {
                file!.TryUse();
                _open[number] = file;
                file.Place = _byUse.AddFirst(file);
                if (_open.Count > OpenFiles)
                    dropped = Forget(_byUse.Last!.Value);
            }
        }
        dropped?.Release();
        return Errno.OK;
    }

    /// <summary>It was written, and has to be synced with the next commit.</summary>
    public void MarkDirty(DiskFile file)
    {
        using (_lock.Enter())
        {
            if (file.IsDirty)
                return;
            // So many are synced all at once, and need not stay open for that.
            if (_dirty.Count > OpenFiles)
            {
                _syncAll = true;
                return;
            }
            file.IsDirty = true;
            file.TryUse();
            _dirty.Add(file);
        }
    }

    /// <summary>Makes durable what was written before the call, names of new files with it.</summary>
    public Errno SyncDirty()
    {
        List<DiskFile> files;
        HashSet<string> directories;
        bool all, areListed;
        using (_lock.Enter())
        {
            files = _dirty;
            directories = _dirtyDirectories;
            all = _syncAll || files.Count + directories.Count > SyncEach;
            if (files.Count > 0)
                _dirty = [];
            if (directories.Count > 0)
                _dirtyDirectories = [];
            areListed = !_syncAll;
            _syncAll = false;
            foreach (DiskFile file in files)
                file.IsDirty = false;
        }
        Errno error = all ? SyncAll() : Errno.OK;
        // What failed may be somebody else's: each of ours tells for itself, if all of them are known.
        bool each = !all || (error != Errno.OK && areListed);
        if (each)
            error = Errno.OK;
        foreach (DiskFile file in files)
        {
            if (each && error == Errno.OK)
                error = file.Sync();
            file.Release();
        }
        foreach (string directory in directories)
        {
            if (each && error == Errno.OK)
                error = SyncDirectory(directory);
        }
        return error;
    }

    public void Unlink(ulong number)
    {
        DiskFile? open;
        using (_lock.Enter())
        {
            if (_open.TryGetValue(number, out open))
                Forget(open);
        }
        open?.Release();
        string path = PathOf(number);
        observer?.Unlinked(path);
        // Who is not there need not go; who cannot be removed is found by the next start.
        _ = Posix.unlink(path);
    }

    /// <summary>Numbers of the files there are, from the directory that would hold <paramref name="from"/>
    /// on.</summary>
    public IEnumerable<ulong> NumbersFrom(ulong from)
    {
        if (!Directory.Exists(root))
            yield break;
        foreach (string directory in Directory.EnumerateDirectories(root))
        {
            if (!TryParse(Path.GetFileName(directory), out ulong high) || high < from >> PerDirectoryShift)
                continue;
            foreach (string file in Directory.EnumerateFiles(directory))
            {
                if (TryParse(Path.GetFileName(file), out ulong low))
                    yield return (high << PerDirectoryShift) | low;
            }
        }
    }

    public void Close()
    {
        foreach (DiskFile file in _byUse)
            file.Release();
        foreach (DiskFile file in _dirty)
            file.Release();
        _open.Clear();
        _byUse.Clear();
        _dirty.Clear();
        if (_root >= 0)
            _ = Posix.close(_root);
        _root = -1;
    }

    static bool TryParse(string name, out ulong value) =>
        ulong.TryParse(name, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value);

    string DirectoryOf(ulong number) =>
        Path.Combine(root, (number >> PerDirectoryShift).ToString("x9", CultureInfo.InvariantCulture));

    DiskFile Forget(DiskFile file)
    {
        _open.Remove(file.Number);
        _byUse.Remove(file.Place!);
        return file;
    }

    Errno MakeDirectory(string directory)
    {
        if (Posix.mkdir(directory, 0x1C0) != 0 && Posix.LastError != Errno.EEXIST)
            return Posix.LastError;
        using (_lock.Enter())
            _dirtyDirectories.Add(root);
        return Errno.OK;
    }

    /// <summary>Makes durable all that was ever written, by an earlier process too.</summary>
    public Errno SyncAll()
    {
        Errno error = Posix.syncfs(_root) == 0 ? Errno.OK : Posix.LastError;
        if (error == Errno.OK)
            observer?.Synced(null);
        return error;
    }

    Errno SyncDirectory(string directory)
    {
        Errno error = DiskDirectory.Sync(directory);
        if (error == Errno.OK)
            observer?.Synced(directory);
        return error;
    }
}
