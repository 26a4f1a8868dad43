using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Osc;

// Extent locks: taken, used again, lost; and what their value blocks say of the object.
sealed partial class OscObject
{
    Task? _lockAhead;       // of the whole object, on its way or here

    /// <summary>A lock that is held already, referenced; null when the OST must be asked. A write lock serves readers
    /// too.</summary>
    public ClientLock? TryLock(LockMode mode, ulong start, ulong end) =>
        Device.Namespace.Match(Resource, LockType.Extent, Serving(mode), PagesOf(start, end), this);

    /// <summary>Whether a lock is held on a range.</summary>
    public bool IsLocked(LockMode mode, ulong start, ulong end) =>
        Device.Namespace.IsCovered(Resource, LockType.Extent, Serving(mode), PagesOf(start, end));

    /// <summary>Takes a lock on a range; give it back with its <see cref="ClientLock.GrantedMode"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<ClientLock>> LockAsync(
        LockMode mode, ulong start, ulong end, CancellationToken cancel)
    {
        if (TryLock(mode, start, end) is { } held)
            return held;
        if (Volatile.Read(ref _lockAhead) is { IsCompleted: false } ahead)
        {
            if (await ahead.EndedAsync(cancel) is var interrupted and not Errno.OK)
                return interrupted;
            if (TryLock(mode, start, end) is { } come)
                return come;
        }
        var ask = new LockRequest
        {
            Resource = Resource,
            Type = LockType.Extent,
            Mode = mode,
            Policy = PagesOf(start, end),
            Callbacks = Device,
            Owner = this,
        };
        EnqueueResult result = await Device.Namespace.EnqueueAsync(ask, cancel);
        if (result.Status != Errno.OK)
            return result.Status;
        return result.Lock is { } granted ? granted : Errno.EIO;
    }

    /// <summary>
    /// Asks for the whole object of a new file, for writing; whoever needs a lock meanwhile waits for this one. Where
    /// it fails they ask themselves.
    /// </summary>
    public Task LockAheadAsync()
    {
        Task ahead = AskAsync();
        Volatile.Write(ref _lockAhead, ahead);
        return ahead;

        async Task AskAsync()
        {
            Result<ClientLock> held = await LockAsync(LockMode.PW, 0, ulong.MaxValue, CancellationToken.None);
            if (!held.Failed)
                held.Value.Release(held.Value.GrantedMode);
        }
    }

    /// <summary>Asks for size and times; nothing when locks held tell them (osc_enqueue_base with a glimpse).</summary>
    public async ValueTask<Errno> GlimpseAsync(CancellationToken cancel)
    {
        if (Volatile.Read(ref _lockAhead) is { IsCompleted: false } ahead
            && await ahead.EndedAsync(cancel) is var interrupted and not Errno.OK)
            return interrupted;
        if (IsLocked(LockMode.PR, 0, ulong.MaxValue))
            return Errno.OK;
        var ask = new LockRequest
        {
            Resource = Resource,
            Type = LockType.Extent,
            Mode = LockMode.PR,
            Policy = LockPolicies.WholeObject,
            Flags = LockFlags.HAS_INTENT,
            Callbacks = Device,
            Owner = this,
        };
        using PtlrpcRequest request = Device.Import.NewRequest(RequestFormats.LdlmEnqueueLvb);
        request.SetReplySize(Rmf.DlmLvb, LvbSize);
        EnqueueResult result = await Device.Namespace.EnqueueAsync(ask, request, cancels: null, cancel);
        if (result.Status != Errno.OK)
            return result.Status;
        if (result.Lock is { } granted)
        {
            granted.Release(granted.GrantedMode);
            return Errno.OK;
        }
        ReadOnlySpan<byte> bytes = request.GetBytes(Rmf.DlmLvb);
        if (!TryReadLvb(bytes, out OstLvb lvb))
            return Errno.EPROTO;
        using (_lock.Enter())
            Merge(lvb);
        return Errno.OK;
    }

    /// <summary>The OST has granted a lock, and says what the object is like (osc_lock_lvb_update).</summary>
    internal void Granted(ClientLock granted, ReadOnlySpan<byte> value)
    {
        using (_lock.Enter())
        {
            _locks.Add(granted);
            if (!TryReadLvb(value, out OstLvb lvb))
                return;
            Merge(lvb);
            ulong end = granted.Extent.End;
            ulong known = end == ulong.MaxValue ? lvb.Size : Math.Min(lvb.Size, end + 1);
            _kms = Math.Max(_kms, known);
            _isSmallFile &= _kms <= 64 << 10;
        }
    }

    /// <summary>A lock is about to go, and nobody uses it: so does what is cached under it.</summary>
    internal async ValueTask LosingAsync(ClientLock losing, LockLoss loss)
    {
        (ulong start, ulong end) = (losing.Extent.Start, losing.Extent.End);
        if (Owner is { } owner && loss != LockLoss.Discard)
            await owner.InvalidateAsync(this, start, end);
        bool isWrite = (losing.GrantedMode & (LockMode.PW | LockMode.CW | LockMode.EX | LockMode.GROUP)) != 0;
        bool writes = isWrite && loss == LockLoss.Cancelled;
        while (!Forget(losing, isWrite, loss, unlessDirty: writes))
            await WriteOutAsync(start, end, default);
        Device.RoomMade();
        Owner?.AttributesChanged(this);
        Device.ForgetIfUnused(this);
    }

    /// <summary>Drops what is cached under a lock, and the lock.</summary>
    /// <param name="losing">Which.</param>
    /// <param name="isWrite">Pages may be dirty under it.</param>
    /// <param name="loss">Why it goes.</param>
    /// <param name="unlessDirty">Not while something is still to be written.</param>
    bool Forget(ClientLock losing, bool isWrite, LockLoss loss, bool unlessDirty)
    {
        (ulong start, ulong end) = (losing.Extent.Start, losing.Extent.End);
        TaskCompletionSource? progress;
        using (_lock.Enter())
        {
            if (unlessDirty && HasUnwritten(start, end, out _))
                return false;
            if (isWrite && DropAll(start, end) > 0 && loss == LockLoss.Evicted && _writeError == Errno.OK)
                _writeError = Errno.EIO;
            _locks.Remove(losing);
            ShrinkKnownSize();
            progress = TakeProgress();
        }
        if (!isWrite)
            DropClean(start, end);
        progress?.SetResult();
        return true;
    }

    /// <summary>Another client asks how large the object is.</summary>
    internal int Glimpse(Span<byte> value)
    {
        OstLvb lvb;
        using (_lock.Enter())
        {
            lvb = _lvb;
            lvb.Size = _kms;
        }
        if (!Device.Import.Supports(ConnectFlags.LVB_TYPE))
        {
            var old = new OstLvbV1
            {
                Size = lvb.Size,
                Mtime = lvb.Mtime,
                Atime = lvb.Atime,
                Ctime = lvb.Ctime,
                Blocks = lvb.Blocks,
            };
            return MemoryMarshal.TryWrite(value, in old) ? Unsafe.SizeOf<OstLvbV1>() : 0;
        }
        return MemoryMarshal.TryWrite(value, in lvb) ? Unsafe.SizeOf<OstLvb>() : 0;
    }

    /// <summary>Whether an unused lock may go to make room: not while there is something to write under it.</summary>
    internal bool MayDrop(ClientLock unused)
    {
        using (_lock.Enter())
            return !HasUnwritten(unused.Extent.Start, unused.Extent.End, out _);
    }

    /// <summary>Any lock left: then the object is not forgotten.</summary>
    internal bool HasLocks
    {
        get
        {
            using (_lock.Enter())
                return _locks.Count > 0;
        }
    }

    /// <summary>Any memory left: a write that was under way when its lock went still has its pages, which somebody must
    /// give back.</summary>
    internal bool HasChunks
    {
        get
        {
            using (_lock.Enter())
                return _chunks.Count > 0;
        }
    }

    int LvbSize => Device.Import.Supports(ConnectFlags.LVB_TYPE)
        ? Unsafe.SizeOf<OstLvb>()
        : Unsafe.SizeOf<OstLvbV1>();

    static LockMode Serving(LockMode mode) => mode == LockMode.PR ? LockMode.PR | LockMode.PW : mode;

    static LdlmPolicyData PagesOf(ulong start, ulong end) =>
        LockPolicies.Extent(start & ~(OscChunk.PageSize - 1UL), end | (OscChunk.PageSize - 1));

    static bool TryReadLvb(ReadOnlySpan<byte> bytes, out OstLvb lvb)
    {
        if (MemoryMarshal.TryRead(bytes, out lvb))
            return true;
        if (!MemoryMarshal.TryRead(bytes, out OstLvbV1 old))
            return false;
        lvb = new OstLvb
        {
            Size = old.Size,
            Mtime = old.Mtime,
            Atime = old.Atime,
            Ctime = old.Ctime,
            Blocks = old.Blocks,
        };
        return true;
    }

    /// <summary>Takes what the OST says; but times of data that it has not seen yet stay.</summary>
    void Merge(in OstLvb lvb)
    {
        OstLvb own = _lvb;
        _lvb = lvb;
        if (_dirtyPages + _writingPages == 0 || own.Ctime < lvb.Ctime)
            return;
        (_lvb.Mtime, _lvb.MtimeNs) = (own.Mtime, own.MtimeNs);
        (_lvb.Ctime, _lvb.CtimeNs) = (own.Ctime, own.CtimeNs);
    }

    /// <summary>What is known of the size is known only as far as locks reach (ldlm_extent_shift_kms).</summary>
    void ShrinkKnownSize()
    {
        ulong known = 0;
        foreach (ClientLock held in _locks)
        {
            ulong end = held.Extent.End;
            if (end >= _kms)
                return;
            known = Math.Max(known, end + 1);
        }
        // The size stays as told until somebody asks again.
        _lvb.Size = Math.Max(_lvb.Size, _kms);
        _kms = known;
    }
}
