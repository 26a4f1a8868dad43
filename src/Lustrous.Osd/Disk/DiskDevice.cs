using System.Collections.Concurrent;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ost;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk.Files;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

/// <summary>
/// A device in one directory: attributes, names and small bodies in a store of keys, large bodies in files. What
/// changes
/// is seen at once, is in the journal when its transaction has stopped, and durable with the next commit.
/// </summary>
/// <remarks>Nothing that a commit has made durable is written over before the next one is: docs/decisions/0008.
/// </remarks>
public sealed partial class DiskDevice : IDtDevice
{
    readonly NodeContext _context;
    readonly DiskDeviceOptions _options;
    readonly DiskStore _store;
    readonly DiskJournal _journal;
    readonly DiskLock _processLock;
    readonly DiskFormat _format;                            // as it was found
    readonly UInt128 _hashKey;
    readonly long _checkpointBytes;
    ulong _nextNumber;
    volatile bool _disposed;

    DiskDevice(
        NodeContext context, DiskDeviceOptions options, DiskLock processLock, DiskStore store, DiskFormat format)
    {
        _context = context;
        _options = options;
        _processLock = processLock;
        _mostObjects = (int)Math.Clamp(options.MemoryBytes / 2 / ObjectBytes, FewestObjects, int.MaxValue / 4);
        _store = store;
        _format = format;
        _group.Begin(++_groups);
        _hashKey = new UInt128(format.HashKey, ~format.HashKey);
        Files = new DiskFiles(Path.Combine(options.Path, DiskLayout.Data), options.Observer);
        _journal = new DiskJournal(Path.Combine(options.Path, DiskLayout.Journal), options.Observer)
        {
            SegmentBytes = OfRoom(options.Path, options.JournalSegmentBytes, SegmentPart),
            Seed = format.JournalSeed,
        };
        _checkpointBytes = OfRoom(options.Path, options.CheckpointBytes, CheckpointPart);
        _commitTimer = context.Clock.CreateTimer(static state => ((DiskDevice)state!).OnTimer(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public DtDeviceParameters Parameters { get; } = new() { InodeSpace = 1024 };

    public bool IsReadOnly { get; set; }

    public string Name => _options.Name;

    internal DiskFiles Files { get; }

    internal DiskStore Store => _store;

    internal BufferPool Buffers => _context.Buffers;

    public IDtObject Locate(in Fid fid) =>
        TryGet(fid, out DiskObject? found) == Errno.OK ? found! : new DiskObject(this, fid);

    public Result<IDtObject> Find(in Fid fid)
    {
        Errno error = TryGet(fid, out DiskObject? found);
        return error == Errno.OK ? Result.Of<IDtObject>(found!) : error;
    }

    public Errno Statfs(out ObdStatfs statfs)
    {
        ulong blocks = (ulong)_capacity >> Parameters.BlockBits;
        // Others take room of the file system too.
        long real = DiskDirectory.Room(_options.Path, out _, out long available) == Errno.OK
            ? Math.Min(available - _reserve, RealFreeBytes)
            : RealFreeBytes;
        ulong free = (ulong)Math.Max(0, Math.Min(FreeBytes, real)) >> Parameters.BlockBits;
        statfs = new ObdStatfs
        {
            Type = 0x0BD00BD0,      // LL_SUPER_MAGIC
            Blocks = blocks,
            BlocksFree = free,
            BlocksAvailable = free,
            Files = (ulong)_maxObjects,
            FilesFree = (ulong)FreeObjects,
            BlockSize = 1U << Parameters.BlockBits,
            NameLength = (uint)Parameters.MaxNameLength,
            Maxbytes = Parameters.MaxBytes,
        };
        if (IsReadOnly || IsFailed)
            statfs.State |= Idl.Mdt.StatfsState.READONLY;
        return Errno.OK;
    }

    public DtTransaction Begin() => TakeTransaction();

    public DtBuffers NewBuffers()
    {
        DiskBuffers buffers = TakeBuffers();
        buffers.MarkTaken();
        return buffers;
    }

    /// <summary>Commits what waits, and leaves the target as one that was shut down.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        // First: no commit may begin once the last one has ended.
        await _commitTimer.DisposeAsync();
        await SyncAsync();
        await WhenIdle();
        Close();
    }

    internal ulong HashOf(ReadOnlySpan<byte> name) => DtNameHash.Of(name, _hashKey);

    /// <summary>For an object that is made: no other ever had it, nor will have.</summary>
    internal ulong NextNumber() => Interlocked.Increment(ref _nextNumber) - 1;

    /// <summary>Goes on where work runs that may wait for the disk.</summary>
    internal DiskHop Hop() => new(_context.Work);

    /// <summary>Something of this target is not as it was written.</summary>
    internal void Damaged(string what)
    {
        Log(LogLevel.Error, what);
        DamageListener?.Invoke(what);
    }

    void Log(LogLevel level, string what)
    {
        if (_context.Log.IsEnabled(level))
            _context.Log.Write(new LogEvent(level, _options.Name, what));
    }

    void Close()
    {
        bool isWhole, isLate;
        // Who stops later than this must not begin another journal.
        using (_journalLock.Enter())
        {
            isWhole = !_failed;
            _failed = true;
            using (_lineLock.Enter())
                isLate = !_group.IsEmpty;
        }
        // What earlier commits gave back is let go once the store is durable with them: no later commit comes to do it.
        if (isWhole && _store.Flush() == Errno.OK)
        {
            ReleaseFreed(_freed);
            RemoveDoomedKeys();
            // A journal without files says that the store has all.
            if (_store.Flush() == Errno.OK && !isLate)
            {
                if (NoteBoot(_committed, 0) == Errno.OK)
                    _journal.RemoveAll();
            }
        }
        _journal.Close();
        Files.Close();
        _store.Dispose();
        _processLock.Dispose();
        _taken.Dispose();
    }
}
