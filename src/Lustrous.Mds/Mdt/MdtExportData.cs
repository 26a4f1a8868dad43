using System.Diagnostics.CodeAnalysis;
using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Mds.Mdt;

/// <summary>What the metadata target keeps of a client (<c>struct mdt_export_data</c>): its open files.</summary>
sealed class MdtExportData
{
    readonly RankedLock _lock = new(6, "med_open_lock");
    readonly Dictionary<ulong, MdtOpenFile> _files = [];    // guarded by _lock
    readonly Dictionary<ulong, MdtOpenFile> _byXid = [];    // guarded by _lock; never walked
    readonly Dictionary<ulong, MdtOpenFile> _byOldHandle = [];      // guarded by _lock; never walked
    bool _closed;                                           // guarded by _lock

    public int OpenFiles
    {
        get
        {
            using (_lock.Enter())
                return _files.Count;
        }
    }

    /// <summary>False when the client has gone meanwhile: then nobody would ever close it.</summary>
    public bool TryAdd(MdtOpenFile file)
    {
        using (_lock.Enter())
        {
            if (_closed)
                return false;
            _files.Add(file.Handle.Cookie, file);
            _byXid[file.Xid] = file;
            if (file.OldHandle.Cookie != 0)
                _byOldHandle[file.OldHandle.Cookie] = file;
            return true;
        }
    }

    public MdtOpenFile? Find(LustreHandle handle)
    {
        using (_lock.Enter())
            return _files.GetValueOrDefault(handle.Cookie);
    }

    /// <summary>The file that a request opened.</summary>
    public MdtOpenFile? FindByXid(ulong xid)
    {
        using (_lock.Enter())
            return _byXid.GetValueOrDefault(xid);
    }

    /// <summary>Takes a file out; false when the client has no such handle (any more).</summary>
    /// <param name="handle">Which.</param>
    /// <param name="isReplay">It may be the handle of a former life.</param>
    /// <param name="file">What it was.</param>
    public bool TryRemove(LustreHandle handle, bool isReplay, [NotNullWhen(true)] out MdtOpenFile? file)
    {
        using (_lock.Enter())
        {
            if (!_files.TryGetValue(handle.Cookie, out file)
                && !(isReplay && _byOldHandle.TryGetValue(handle.Cookie, out file)))
                return false;
            _files.Remove(file.Handle.Cookie);
            if (_byXid.GetValueOrDefault(file.Xid) == file)
                _byXid.Remove(file.Xid);
            if (_byOldHandle.GetValueOrDefault(file.OldHandle.Cookie) == file)
                _byOldHandle.Remove(file.OldHandle.Cookie);
            return true;
        }
    }

    /// <summary>The client has gone: all its files, in the order in which it opened them.</summary>
    public MdtOpenFile[] TakeAll()
    {
        using (_lock.Enter())
        {
            _closed = true;
            MdtOpenFile[] files = [.. _files.Values];
            _files.Clear();
            _byXid.Clear();
            _byOldHandle.Clear();
            Array.Sort(files, static (a, b) => a.Xid.CompareTo(b.Xid));
            return files;
        }
    }
}
