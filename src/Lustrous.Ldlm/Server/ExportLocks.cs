using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

/// <summary>The locks of one client (<c>exp_lock_hash</c>), by the client's own handles.</summary>
sealed class ExportLocks
{
    readonly RankedLock _lock = new(15, "exp_locks");
    readonly Dictionary<ulong, ServerLock> _byRemoteHandle = [];    // guarded by _lock
    readonly HashSet<ServerLock> _nameless = [];                    // guarded by _lock; the client has no handle for it
    bool _closed;                                                   // guarded by _lock
    int _blocked;

    /// <summary>Locks of it that are being taken back; read without a lock, as a hint.</summary>
    public int Blocked => Volatile.Read(ref _blocked);

    public void CountBlocked(int change) => Interlocked.Add(ref _blocked, change);

    /// <summary>The export's, made when it is first needed.</summary>
    public static ExportLocks Of(Export export)
    {
        if (export.LdlmData is ExportLocks known)
            return known;
        lock (export.Replies)       // any object of the export; this happens once in its life
        {
            if (export.LdlmData is not ExportLocks made)
                export.LdlmData = made = new ExportLocks();
            return made;
        }
    }

    /// <summary>ENOTCONN when the client has gone; EEXIST when it uses the handle for another lock.</summary>
    public Errno Add(ServerLock item)
    {
        using (_lock.Enter())
        {
            if (_closed)
                return Errno.ENOTCONN;
            if (item.RemoteHandle == 0)
                _nameless.Add(item);
            else
                return _byRemoteHandle.TryAdd(item.RemoteHandle, item) ? Errno.OK : Errno.EEXIST;
            return Errno.OK;
        }
    }

    public void Remove(ServerLock item)
    {
        using (_lock.Enter())
        {
            if (item.RemoteHandle == 0)
                _nameless.Remove(item);
            else if (_byRemoteHandle.TryGetValue(item.RemoteHandle, out ServerLock? found)
                && ReferenceEquals(found, item))
                _byRemoteHandle.Remove(item.RemoteHandle);
        }
    }

    public ServerLock? Find(ulong remoteHandle)
    {
        using (_lock.Enter())
            return _byRemoteHandle.GetValueOrDefault(remoteHandle);
    }

    /// <summary>Takes no more, and gives all there are, oldest first.</summary>
    public ServerLock[] Close()
    {
        ServerLock[] all;
        using (_lock.Enter())
        {
            _closed = true;
            all = [.. _byRemoteHandle.Values, .. _nameless];
            _byRemoteHandle.Clear();
            _nameless.Clear();
        }
        Array.Sort(all, static (a, b) => a.Number.CompareTo(b.Number));
        return all;
    }
}
