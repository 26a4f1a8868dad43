using System.Collections.Concurrent;
using Lustrous.Idl.Disk;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;

namespace Lustrous.Osd.Scrub;

/// <summary>
/// Reads all that a target keeps, so that what is damaged is found while there is still a copy elsewhere: attributes,
/// names, records and every block of every body against its checksum, each object's own FID against the one it is found
/// by, and the room that objects take against what they are accounted with. One object after the other, beside what the
/// target does for its clients.
/// </summary>
/// <remarks>Lustre's OI scrub rebuilds the index from FIDs to inodes; here the index is the key of the object itself.
/// Source: lustre/obdclass/scrub.c.</remarks>
public sealed partial class OsdScrub : IAsyncDisposable
{
    const int ReadBytes = 1 << 20;
    const int MaxProblems = 1000;

    readonly NodeContext _context;
    readonly IDtDevice _device;
    readonly DiskDevice? _disk;
    readonly RankedLock _lock = new(73, "osd_scrub");
    readonly ConcurrentQueue<string> _problems = new();     // also from within the device's locks
    CancellationTokenSource? _running;                  // guarded by _lock
    Task _run = Task.CompletedTask;                     // guarded by _lock

    public OsdScrub(NodeContext context, IDtDevice device, string name)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(device);
        _context = context;
        _device = device;
        _disk = device as DiskDevice;
        Name = name;
    }

    /// <summary>Of the target.</summary>
    public string Name { get; }

    /// <summary>What was found by the last run, a line each, with target and file.</summary>
    public IReadOnlyList<string> Problems => [.. _problems];

    /// <summary>Begins anew from the first object.</summary>
    /// <param name="options">How.</param>
    /// <returns>EALREADY: it runs.</returns>
    public Errno Start(OsdScrubOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        CancellationTokenSource running;
        TaskCompletionSource<Task> started;
        using (_lock.Enter())
        {
            if (_running is not null)
                return Errno.EALREADY;
            _running = running = new CancellationTokenSource();
            _problems.Clear();
            _options = options;
            Began();
            started = new TaskCompletionSource<Task>();
            _run = started.Task.Unwrap();
        }
        started.SetResult(RunAsync(running));
        return Errno.OK;
    }

    /// <summary>Ends it where it is. EALREADY: it does not run.</summary>
    public async ValueTask<Errno> StopAsync()
    {
        Task run;
        using (_lock.Enter())
        {
            if (_running is null)
                return Errno.EALREADY;
            _running.Cancel();      // not CancelAsync, which would go on elsewhere
            run = _run;
        }
        await run;
        return Errno.OK;
    }

    /// <summary>Ends when it does not run any more.</summary>
    public Task WaitAsync()
    {
        using (_lock.Enter())
            return _run;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    async Task RunAsync(CancellationTokenSource running)
    {
        await new DiskHop(_context.Work);
        if (_disk is not null)
            _disk.DamageListener = Add;
        bool isWhole = false;
        try
        {
            isWhole = await CheckAllAsync(running.Token);
            if (isWhole && _disk is not null && _disk.CheckAccounts(!_options.IsDryRun) is var surplus
                && surplus != default)
                Count(ref _updated);
        }
        catch (OperationCanceledException)
        {
            // Stopped while it waited.
        }
        finally
        {
            if (_disk is not null)
                _disk.DamageListener = null;
            using (_lock.Enter())
            {
                _running = null;
                Ended(running.IsCancellationRequested ? ScrubStatus.STOPPED
                    : isWhole ? ScrubStatus.COMPLETED : ScrubStatus.FAILED);
            }
            running.Dispose();
        }
    }

    /// <summary>False: not all could be listed, or it was to end with the first that failed.</summary>
    async ValueTask<bool> CheckAllAsync(CancellationToken cancel)
    {
        foreach (Result<Fid> listed in _device.ListObjects())
        {
            if (cancel.IsCancellationRequested)
                return false;
            Errno error = listed.Failed ? listed.Error : await CheckAsync(listed.Value, cancel);
            Count(ref _checked);
            if (error != Errno.OK)
            {
                NoteFailure();
                if (_options.EndsWithFailure || listed.Failed)
                    return false;
            }
            if (_options.ObjectsPerSecond > 0)
                await Task.Delay(TimeSpan.FromSeconds(1.0 / _options.ObjectsPerSecond), _context.Clock, cancel);
            // Others want the thread too.
            await new DiskHop(_context.Work);
        }
        return true;
    }

    async ValueTask<Errno> CheckAsync(Fid fid, CancellationToken cancel)
    {
        Result<IDtObject> found = _device.Find(fid);
        if (found.Failed)
            return found.Error == Errno.ENOENT ? Errno.OK : found.Error;
        IDtObject dtObject = found.Value;
        Errno error = dtObject.ListXattrs(default).Error;
        if (error == Errno.OK)
            error = CheckOwnFid(dtObject);
        Errno content = dtObject.Kind switch
        {
            DtObjectKind.Directory => CheckNames(dtObject),
            DtObjectKind.Index => CheckRecords(dtObject),
            _ => await CheckBodyAsync(dtObject, cancel),
        };
        error = error == Errno.OK ? content : error;
        return error == Errno.ENOENT ? Errno.OK : error;
    }

    /// <summary>What the object itself says that it is.</summary>
    Errno CheckOwnFid(IDtObject dtObject)
    {
        Span<byte> lma = stackalloc byte[64];
        Result<int> length = dtObject.GetXattr(DtXattr.Lma, lma);
        if (length.Failed)
            return length.Error is Errno.ENODATA or Errno.ERANGE ? Errno.OK : length.Error;
        if (!System.Runtime.InteropServices.MemoryMarshal.TryRead(lma[..length.Value], out LustreMdtAttrs own)
            || own.SelfFid == dtObject.Fid)
            return Errno.OK;
        Tell($"object {dtObject.Fid} says that it is {own.SelfFid}");
        return Errno.EIO;
    }

    static Errno CheckNames(IDtObject directory)
    {
        using DtDirectoryIterator names = directory.Iterate(0);
        while (names.MoveNext())
        {
            // Reading them is all.
        }
        return names.Error;
    }

    static Errno CheckRecords(IDtObject index)
    {
        byte[] key = new byte[4096], next = new byte[4096], record = new byte[64 << 10];
        int length = 0;
        bool after = false;
        while (true)
        {
            Errno error = index.IndexNext(key.AsSpan(0, length), after, next, out int nextLength, record, out _);
            if (error != Errno.OK)
                return error == Errno.ENOENT ? Errno.OK : error;
            (key, next, length, after) = (next, key, nextLength, true);
        }
    }

    async ValueTask<Errno> CheckBodyAsync(IDtObject dtObject, CancellationToken cancel)
    {
        if (dtObject.GetAttributes(out DtAttributes attributes) is var lost and not Errno.OK)
            return lost;
        _disk?.ForgetCached(dtObject.Fid);
        Errno status = Errno.OK;
        for (long at = 0; at < (long)attributes.Size && !cancel.IsCancellationRequested;)
        {
            // Holes of any length cost nothing.
            Result<long> data = dtObject.Seek(at, hole: false);
            if (data.Failed)
                return data.Error == Errno.ENXIO ? status : data.Error;
            at = Math.Max(at, data.Value);
            using DtBuffers buffers = _device.NewBuffers();
            Result<int> read = await dtObject.GetReadBuffersAsync(buffers, at, ReadBytes);
            if (read.Failed)
                status = read.Error;
            at += ReadBytes;
        }
        return status;
    }

    void Tell(string what)
    {
        _context.Log.Warning(Name, what);
        Add(what);
    }

    void Add(string what)
    {
        if (_problems.Count < MaxProblems)
            _problems.Enqueue($"{Name}: {what}");
    }
}
