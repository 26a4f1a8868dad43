using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ost;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Mem;

/// <summary>
/// A device that keeps everything in memory: gone when the process ends, else like one on a disk: bounded, and
/// committing
/// later than it changes. Room is accounted as a disk would need it; bodies lie in pooled pages that are never copied
/// on
/// the way from or to the network.
/// </summary>
public sealed partial class MemDevice : IDtDevice
{
    readonly NodeContext _context;
    readonly MemDeviceOptions _options;
    readonly ConcurrentDictionary<Fid, MemObject> _objects = new();
    readonly UInt128 _hashKey;
    bool _disposed;

    public MemDevice(NodeContext context, MemDeviceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        _options = options ?? new MemDeviceOptions();
        _freeBytes = _options.CapacityBytes;
        _freeObjects = _options.MaxObjects;
        ulong key = _options.HashKey != 0 ? _options.HashKey : context.Random.NextUInt64();
        _hashKey = new UInt128(key, ~key);
        Pages = new MemPages(context.Buffers);
        Zero.HoldZeros(context.Buffers.Take(MemPages.RunSize));
        _commitTimer = context.Clock.CreateTimer(static state => ((MemDevice)state!).CommitSoon(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public DtDeviceParameters Parameters { get; } = new() { InodeSpace = 1024 };

    public bool IsReadOnly { get; set; }

    internal MemPages Pages { get; }

    /// <summary>What holes read as.</summary>
    internal MemRun Zero { get; } = new();

    public IDtObject Locate(in Fid fid) =>
        _objects.TryGetValue(fid, out MemObject? found) ? found : new MemObject(this, fid);

    public Result<IDtObject> Find(in Fid fid)
    {
        if (_objects.TryGetValue(fid, out MemObject? found))
            return Result.Of<IDtObject>(found);
        return Errno.ENOENT;
    }

    public IEnumerable<Result<Fid>> ListObjects()
    {
        foreach ((Fid fid, MemObject _) in _objects)
            yield return fid;
    }

    public Errno Statfs(out ObdStatfs statfs)
    {
        ulong blocks = (ulong)_options.CapacityBytes >> Parameters.BlockBits;
        ulong free = (ulong)Math.Max(0, FreeBytes) >> Parameters.BlockBits;
        statfs = new ObdStatfs
        {
            Type = 0x0BD00BD0,      // LL_SUPER_MAGIC
            Blocks = blocks,
            BlocksFree = free,
            BlocksAvailable = free,
            Files = (ulong)_options.MaxObjects,
            FilesFree = (ulong)FreeObjects,
            BlockSize = 1U << Parameters.BlockBits,
            NameLength = (uint)Parameters.MaxNameLength,
            Maxbytes = Parameters.MaxBytes,
        };
        if (IsReadOnly)
            statfs.State |= Idl.Mdt.StatfsState.READONLY;
        return Errno.OK;
    }

    public DtTransaction Begin() => TakeTransaction();

    public DtBuffers NewBuffers()
    {
        MemBuffers buffers = TakeBuffers();
        buffers.MarkTaken();
        return buffers;
    }

    /// <summary>Commits what waits, then gives all memory back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await SyncAsync();
        await _commitTimer.DisposeAsync();
        foreach ((Fid _, MemObject dtObject) in _objects)
            dtObject.Discard();
        _objects.Clear();
        Zero.Buffer!.Dispose();
    }

    internal ulong HashOf(ReadOnlySpan<byte> name) => DtNameHash.Of(name, _hashKey);

    internal bool TryGet(in Fid fid, [NotNullWhen(true)] out MemObject? dtObject) =>
        _objects.TryGetValue(fid, out dtObject);

    internal bool TryAdd(MemObject dtObject) => _objects.TryAdd(dtObject.Fid, dtObject);

    internal void Remove(MemObject dtObject) => _objects.TryRemove(new(dtObject.Fid, dtObject));
}
