using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Obdclass.Llog;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mgs;

/// <summary>
/// Logs in the objects of a target: a directory of names (<c>CONFIGS</c>), and an object for each. All that is written
/// between two syncs is one transaction, so that a target that registers is in all logs or in none.
/// </summary>
public sealed class DtConfigStore : IConfigStore
{
    const string TableSuffix = "-nidtbl";
    const int MaxBytes = 64 << 20;          // of what is read as a whole
    const uint ReadWriteByOwner = 0x1A4;    // rw-r--r--

    readonly IDtDevice _device;
    readonly IDtObject _directory;
    readonly RankedLock _lock = new(7, "mgs_store");
    readonly Dictionary<string, Log> _logs = new(StringComparer.Ordinal);   // guarded by _lock
    DtTransaction? _transaction;        // guarded by _lock: started, of all since the last sync
    uint _nextId = 1;                   // guarded by _lock

    DtConfigStore(IDtDevice device) => (_device, _directory) = (device, device.Locate(DtLocalFid.MgsConfigs));

    /// <summary>Opens the logs of a target, or begins with none.</summary>
    public static Result<DtConfigStore> Open(IDtDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var store = new DtConfigStore(device);
        Errno error = store._directory.Exists ? Errno.OK : store.MakeDirectory();
        if (error != Errno.OK)
            return error;
        using DtDirectoryIterator names = store._directory.Iterate(0);
        while (names.MoveNext())
        {
            DtEntry entry = names.Entry;
            store._logs.Add(
                Encoding.UTF8.GetString(names.Name), new Log(store, device.Locate(entry.Fid)));
            store._nextId = Math.Max(store._nextId, entry.Fid.ObjectId + 1);
        }
        // Without some of them targets would be told half of what there is.
        return names.Error == Errno.OK ? store : names.Error;
    }

    public IReadOnlyList<string> List()
    {
        using (_lock.Enter())
        {
            return [.. _logs.Keys.Where(name => !name.EndsWith(TableSuffix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)];
        }
    }

    public ILlogStorage? Find(string logName)
    {
        using (_lock.Enter())
            return _logs.GetValueOrDefault(logName);
    }

    public Result<ILlogStorage> Create(string logName)
    {
        using (_lock.Enter())
        {
            Result<Log> made = CreateLocked(logName);
            return made.Failed ? made.Error : made.Value;
        }
    }

    public Errno Remove(string logName)
    {
        using (_lock.Enter())
        {
            if (!_logs.TryGetValue(logName, out Log? log))
                return Errno.ENOENT;
            Errno error = Begin(out DtTransaction? transaction);
            if (error == Errno.OK)
                error = _directory.Remove(transaction!, Encoding.UTF8.GetBytes(logName));
            if (error == Errno.OK)
                error = log.DtObject.Destroy(transaction!);
            if (error == Errno.OK)
                _logs.Remove(logName);
            return error;
        }
    }

    public byte[]? LoadTable(string fsName) => Load(fsName + TableSuffix);

    public Errno SaveTable(string fsName, ReadOnlySpan<byte> bytes) => Replace(fsName + TableSuffix, bytes);

    /// <summary>All bytes of a log; null when there is none of this name, or it cannot be read.</summary>
    public byte[]? Load(string name)
    {
        using (_lock.Enter())
        {
            if (!_logs.TryGetValue(name, out Log? log))
                return null;
            long size = log.SizeBytes;
            if (size is < 0 or > MaxBytes)
                return null;
            byte[] bytes = new byte[size];
            return log.Read(0, bytes) == Errno.OK ? bytes : null;
        }
    }

    /// <summary>Puts a log in place of the one of this name.</summary>
    public Errno Replace(string name, ReadOnlySpan<byte> bytes)
    {
        using (_lock.Enter())
        {
            if (!_logs.TryGetValue(name, out Log? log))
            {
                Result<Log> made = CreateLocked(name);
                if (made.Failed)
                    return made.Error;
                log = made.Value;
            }
            Errno error = Begin(out DtTransaction? transaction);
            // In this order a full disk leaves the former one.
            if (error == Errno.OK)
                error = log.DtObject.Write(transaction!, 0, bytes);
            return error == Errno.OK ? log.DtObject.Punch(transaction!, bytes.Length, DtRange.Eof) : error;
        }
    }

    public ValueTask<Errno> SyncAsync(CancellationToken cancel)
    {
        DtTransaction? transaction;
        using (_lock.Enter())
        {
            transaction = _transaction;
            _transaction = null;
        }
        transaction?.Stop();
        return _device.SyncAsync(cancel);
    }

    Errno MakeDirectory()
    {
        using (_lock.Enter())
        {
            Errno error = Begin(out DtTransaction? transaction);
            return error != Errno.OK
                ? error
                : _directory.Create(
                    transaction!, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Directory | 0x1ED },
                    DtObjectFormat.Directory);
        }
    }

    Result<Log> CreateLocked(string name)
    {
        if (_logs.ContainsKey(name))
            return Errno.EEXIST;
        Errno error = Begin(out DtTransaction? transaction);
        if (error != Errno.OK)
            return error;
        var fid = new Fid(FidSeq.LOCAL_NAME, _nextId);
        IDtObject made = _device.Locate(fid);
        error = made.Create(
            transaction!, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular | ReadWriteByOwner },
            DtObjectFormat.Regular);
        if (error == Errno.OK)
            error = _directory.Insert(transaction!, Encoding.UTF8.GetBytes(name), new DtEntry(fid, DtMode.Regular));
        if (error != Errno.OK)
            return error;
        _nextId++;
        var log = new Log(this, made);
        _logs.Add(name, log);
        return log;
    }

    Errno Begin(out DtTransaction? transaction)
    {
        if (_transaction is null)
        {
            DtTransaction begun = _device.Begin();
            if (begun.Start() is var error and not Errno.OK)
            {
                begun.Stop(error);
                transaction = null;
                return error;
            }
            _transaction = begun;
        }
        transaction = _transaction;
        return Errno.OK;
    }

    /// <summary>One log: what is written goes into the store's transaction.</summary>
    sealed class Log(DtConfigStore store, IDtObject dtObject) : ILlogStorage
    {
        public IDtObject DtObject { get; } = dtObject;

        public long SizeBytes =>
            DtObject.GetAttributes(out DtAttributes attributes) == Errno.OK ? (long)attributes.Size : 0;

        public Errno Read(long offset, Span<byte> into)
        {
            Result<int> read = DtObject.Read(offset, into);
            if (read.Failed)
                return read.Error;
            return read.Value == into.Length ? Errno.OK : Errno.EIO;
        }

        public Errno Write(long offset, ReadOnlySpan<byte> bytes)
        {
            using (store._lock.Enter())
            {
                Errno error = store.Begin(out DtTransaction? transaction);
                return error == Errno.OK ? DtObject.Write(transaction!, offset, bytes) : error;
            }
        }
    }
}
