using Lustrous.Idl.Fids;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;

namespace Lustrous.Simulation.Storage;

/// <summary>A <see cref="CrashDisk"/> in use: changes are seen at once, and are on the disk when they are
/// committed.</summary>
public sealed class CrashDevice : IDtDevice
{
    readonly CrashDisk _disk;
    readonly TimeSpan _delay;
    readonly ITimer _timer;
    readonly Queue<CrashTransaction> _uncommitted = new();
    bool _timerArmed;
    bool _isDead;

    internal CrashDevice(CrashDisk disk, NodeContext context, MemDevice live, TimeSpan delay)
    {
        _disk = disk;
        _delay = delay;
        Live = live;
        _timer = context.Clock.CreateTimer(
            static state => ((CrashDevice)state!).CommitSoon(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    public DtDeviceParameters Parameters => Live.Parameters;

    public ulong CommittedSequence => Live.CommittedSequence;

    public bool IsReadOnly
    {
        get => Live.IsReadOnly;
        set => Live.IsReadOnly = value;
    }

    internal MemDevice Live { get; }

    internal int UncommittedCount => _uncommitted.Count;

    public Errno Statfs(out ObdStatfs statfs) => Live.Statfs(out statfs);

    public DtTransaction Begin() => new CrashTransaction(this, Live.Begin());

    public IDtObject Locate(in Fid fid) => new CrashObject(Live.Locate(fid));

    public Result<IDtObject> Find(in Fid fid)
    {
        Result<IDtObject> found = Live.Find(fid);
        return found.Failed ? found.Error : Result.Of<IDtObject>(new CrashObject(found.Value));
    }

    public IEnumerable<Result<Fid>> ListObjects() => Live.ListObjects();

    public DtBuffers NewBuffers() => new CrashBuffers(Live.NewBuffers());

    public ValueTask<Errno> SyncAsync(CancellationToken cancel = default) => Live.SyncAsync(cancel);

    public void CommitSoon()
    {
        _timerArmed = false;
        Live.CommitSoon();
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDead)
            return;
        await Live.DisposeAsync();
        await _timer.DisposeAsync();
        _disk.Closed();
    }

    internal void Stopped(CrashTransaction transaction) => _uncommitted.Enqueue(transaction);

    internal void MayCommit(bool isSync)
    {
        if (isSync || _delay <= TimeSpan.Zero)
        {
            CommitSoon();
        }
        else if (!_timerArmed)
        {
            _timerArmed = true;
            _timer.Change(_delay, Timeout.InfiniteTimeSpan);
        }
    }

    internal void Committed(CrashTransaction transaction)
    {
        Lassert.That(!_isDead && _uncommitted.Dequeue() == transaction, "commits out of order");
        Apply(transaction);
    }

    internal int Die(int kept)
    {
        _isDead = true;
        for (; kept > 0 && _uncommitted.TryDequeue(out CrashTransaction? transaction); kept--)
            Apply(transaction);
        return _uncommitted.Count;
    }

    void Apply(CrashTransaction transaction)
    {
        foreach ((Fid fid, DtObjectFormat? format) in transaction.Lives)
        {
            if (format is { } made)
                _disk.Created(fid, made);
            else
                _disk.Destroyed(fid);
        }
        _disk.Apply(transaction.Changes);
    }
}
