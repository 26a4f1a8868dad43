using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Osd.Disk.Files;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// Making a target's directory, and opening it: after a crash with what the journal has beyond the store.
public sealed partial class DiskDevice
{
    /// <summary>Lays a directory out for a target; what else is in it stays.</summary>
    /// <returns>EEXIST: there is a target; errors of the file system.</returns>
    public static Errno Format(string path, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (DiskFormat.Read(path, out _) != Errno.ENOENT)
            return Errno.EEXIST;
        foreach (string part in new[] { "", DiskLayout.Store, DiskLayout.Journal, DiskLayout.Data })
        {
            string directory = Path.Combine(path, part).TrimEnd('/');
            if (Posix.mkdir(directory, 0x1C0) != 0 && Posix.LastError is var error and not Errno.EEXIST)
                return error;
        }
        // Last: without it there is no target.
        return new DiskFormat(DiskFormat.Current, random.NextUInt64()).Write(path);
    }

    /// <summary>Whether a target was made there, of whatever version.</summary>
    public static bool IsFormatted(string path) => DiskFormat.Read(path, out _) != Errno.ENOENT;

    /// <summary>The format of a target; null when it cannot be told.</summary>
    public static int? FormatVersion(string path)
    {
        _ = DiskFormat.Read(path, out DiskFormat? format);
        return format?.Version;
    }

    /// <summary>Removes all that a device has in a directory, which stays with what else is in it.</summary>
    /// <returns>False: a process has it open, or it cannot be removed; <paramref name="why"/> says so.</returns>
    public static bool TryRemove(string path, out string why)
    {
        why = "";
        string lockPath = Path.Combine(path, DiskLayout.Lock);
        Errno error = DiskLock.Take(lockPath, out DiskLock? taken, out string holder);
        if (error != Errno.OK)
        {
            why = error == Errno.EBUSY
                ? $"{lockPath}: the target is in use by process {holder}"
                : $"{lockPath}: cannot be opened for writing ({error})";
            return false;
        }
        try
        {
            // First what makes it a target.
            File.Delete(Path.Combine(path, DiskLayout.Format));
            foreach (string part in new[] { DiskLayout.Store, DiskLayout.Journal, DiskLayout.Data })
            {
                string directory = Path.Combine(path, part);
                if (Directory.Exists(directory))
                    Directory.Delete(directory, recursive: true);
            }
            File.Delete(Path.Combine(path, DiskLayout.Boot));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = $"{path}: cannot be removed: {e.Message}";
            return false;
        }
        finally
        {
            taken!.Dispose();
        }
    }

    /// <summary>Opens a target, and brings back what was done up to its end, however it ended.</summary>
    /// <param name="context">Clock, work and memory.</param>
    /// <param name="options">Where, and how large.</param>
    /// <param name="device">The device.</param>
    /// <param name="why">In one line, what is wrong with which file.</param>
    /// <returns>ENOENT: no target; EPROTONOSUPPORT: a newer format; EBUSY: another process has it; EIO: it is damaged;
    /// other errors of the file system.</returns>
    public static Errno Open(
        NodeContext context, DiskDeviceOptions options, out DiskDevice? device, out string why)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        device = null;
        string formatPath = Path.Combine(options.Path, DiskLayout.Format);
        Errno error = DiskFormat.Read(options.Path, out DiskFormat? format);
        why = error switch
        {
            Errno.OK => "",
            Errno.ENOENT => $"{options.Path}: there is no target (mkfs.lustre makes one)",
            Errno.EPROTONOSUPPORT =>
                $"{formatPath}: format {format!.Version} is newer than this program's {DiskFormat.Current}",
            Errno.EINVAL => $"{formatPath}: is not the format file of a target, or is damaged",
            _ => $"{formatPath}: cannot be read ({error})",
        };
        if (error != Errno.OK)
            return error;
        string lockPath = Path.Combine(options.Path, DiskLayout.Lock);
        error = DiskLock.Take(lockPath, out DiskLock? taken, out string holder);
        if (error != Errno.OK)
        {
            why = error == Errno.EBUSY
                ? $"{lockPath}: the target is in use by process {holder}"
                : $"{lockPath}: cannot be opened for writing ({error})";
            return error;
        }
        string storePath = Path.Combine(options.Path, DiskLayout.Store);
        DiskDevice? opening = null;
        // Once it was opened there is a store: one that is not found then is lost, and not to be made anew.
        var how = new DiskStoreOptions
        {
            IsNew = !File.Exists(DiskBoot.PathIn(options.Path)),
            CacheBytes = options.MemoryBytes / 2,
            WriteBufferBytes = OfRoom(options.Path, DiskStoreOptions.MostWriteBufferBytes, WriteBufferPart),
            Problem = problem => opening?.Damaged($"{storePath}: {problem}"),
        };
        error = DiskStore.Open(storePath, how, out DiskStore? store, out string problem);
        if (error != Errno.OK)
        {
            why = $"{storePath}: {problem}";
            taken!.Dispose();
            return error;
        }
        opening = new DiskDevice(context, options, taken!, store!, format!);
        error = opening.TryRecover(out why);
        if (error == Errno.OK)
            device = opening;
        else
            opening.Abandon();
        return error;
    }

    /// <summary>Lets go of everything without writing anything.</summary>
    void Abandon()
    {
        _failed = true;
        _commitTimer.Dispose();
        Close();
    }

    Errno TryRecover(out string why)
    {
        try
        {
            return Recover(out why);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Says which path it is.
            why = $"{_options.Path}: cannot be opened: {e.Message}";
            return e is UnauthorizedAccessException ? Errno.EACCES : Errno.EIO;
        }
    }

    Errno Recover(out string why)
    {
        why = "";
        DiskMeta meta = default;
        if (_store.Get(DiskKey.MetaKey, out byte[]? bytes) is var error and not Errno.OK)
        {
            why = $"{Path.Combine(_options.Path, DiskLayout.Store)}: cannot be read";
            return error;
        }
        if (bytes is not null && !MemoryMarshal.TryRead(bytes, out meta))
        {
            why = $"{Path.Combine(_options.Path, DiskLayout.Store)}: the target's own record is damaged";
            return Errno.EIO;
        }
        if (Files.OpenRoot() is var lost and not Errno.OK)
        {
            why = $"{Path.Combine(_options.Path, DiskLayout.Data)}: cannot be opened ({lost})";
            return lost;
        }
        DiskBoot boot = DiskBoot.Read(_options.Path);
        List<string> files = _journal.Files();
        // What the store will say of files must be in them first: whoever wrote them may have ended before he synced.
        if (files.Count > 0 && Files.SyncAll() is var lacking and not Errno.OK)
        {
            why = $"{Path.Combine(_options.Path, DiskLayout.Data)}: cannot be synced ({lacking})";
            return lacking;
        }
        if (boot.JournalFile > 0 && !_journal.HasFile(boot.JournalFile))
        {
            why = $"{_journal.PathOf(boot.JournalFile)}: is not there, or has no beginning; transactions behind "
                + $"{meta.Sequence} were in it";
            return Errno.EIO;
        }
        var replay = new DiskReplay(_store, Files, _journal, checksData: !boot.IsThisOne);
        ulong before = meta.Sequence;
        if (replay.Run(files, ref meta, out why) is var failed and not Errno.OK)
            return failed;
        if (meta.Sequence < boot.Sequence)
        {
            why = $"{Path.Combine(_options.Path, DiskLayout.Store)}: transactions {meta.Sequence + 1} to "
                + $"{boot.Sequence} were durable, and are not in it";
            return Errno.EIO;
        }
        if (files.Count > 0)
        {
            if (meta.Sequence > before)
            {
                Log(LogLevel.Info,
                    $"{_options.Path}: transactions {before + 1} to {meta.Sequence} came from the journal");
            }
            if (replay.Dropped is { } dropped)
                Log(LogLevel.Warning, $"{_options.Path}: {dropped}; what follows was never durable, and is dropped");
            // In this order: a journal is needed until the store has what is in it.
            if (_store.Flush() is var unwritten and not Errno.OK)
            {
                why = $"{Path.Combine(_options.Path, DiskLayout.Store)}: cannot be written";
                return unwritten;
            }
            if (NoteBoot(meta.Sequence, 0) is var unnoted and not Errno.OK)
            {
                why = $"{DiskBoot.PathIn(_options.Path)}: cannot be written ({unnoted})";
                return unnoted;
            }
            _journal.RemoveAll();
            if (_journal.SyncNames() is var unsynced and not Errno.OK)
            {
                why = $"{Path.Combine(_options.Path, DiskLayout.Journal)}: cannot be written ({unsynced})";
                return unsynced;
            }
        }
        if (Upgrade(out why) is var refused and not Errno.OK)
            return refused;
        (_stopped, _wanted, _committed) = (meta.Sequence, meta.Sequence, meta.Sequence);
        _nextNumber = Math.Max(1, meta.NextNumber);
        SetUpRoom(meta.UsedBytes, meta.Objects);
        RemoveStrayFiles(wasCrash: files.Count > 0);
        if (files.Count == 0 && NoteBoot(meta.Sequence, 0) is var unwritable and not Errno.OK)
        {
            why = $"{DiskBoot.PathIn(_options.Path)}: cannot be written ({unwritable})";
            return unwritable;
        }
        return Errno.OK;
    }

    /// <summary>There is no journal now: the next is of this program's format.</summary>
    Errno Upgrade(out string why)
    {
        why = "";
        if (_format.Version == DiskFormat.Current)
            return Errno.OK;
        DiskFormat current = _format with { Version = DiskFormat.Current };
        Errno error = current.Write(_options.Path);
        if (error != Errno.OK)
            why = $"{Path.Combine(_options.Path, DiskLayout.Format)}: cannot be written ({error})";
        _journal.Seed = current.JournalSeed;
        return error;
    }

    /// <summary>Files of objects that were destroyed, and of objects whose making was not durable.</summary>
    void RemoveStrayFiles(bool wasCrash)
    {
        using (RocksDbSharp.Iterator iterator = _store.Iterate())
        {
            ReadOnlySpan<byte> prefix = [DiskKey.Doomed];
            for (bool more = DiskStore.Seek(iterator, prefix, prefix); more;
                more = DiskStore.IsWithin(iterator.Next(), prefix))
            {
                ulong number = DiskKey.NumberOf(iterator.GetKeySpan());
                Files.Unlink(number);
                _unlinked.Add(number);
            }
        }
        RemoveDoomedKeys();
        if (!wasCrash)
            return;
        // Only the latest numbers may be those of transactions that were under way.
        const ulong window = 4096;
        Span<byte> key = stackalloc byte[DiskKey.PrefixSize];
        using RocksDbSharp.Iterator extents = _store.Iterate();
        foreach (ulong number in Files.NumbersFrom(_nextNumber > window ? _nextNumber - window : 0))
        {
            ReadOnlySpan<byte> prefix = DiskKey.OfNumber(DiskKey.Extent, number, key);
            if (DiskStore.Seek(extents, prefix, prefix))
                continue;
            // Not found may also be not readable: then a file that is needed would go.
            if (_store.StatusOf(extents) != Errno.OK)
                return;
            Files.Unlink(number);
        }
    }

    /// <summary>Notes what must be there at the next start.</summary>
    /// <param name="inStore">Transactions that the store has, durable.</param>
    /// <param name="journalFile">Of the journal; 0: nothing of it is needed.</param>
    Errno NoteBoot(ulong inStore, ulong journalFile)
    {
        Errno error = DiskBoot.Write(_options.Path, inStore, journalFile);
        if (error == Errno.OK)
            _inStore = inStore;
        return error;
    }
}
