using Lustrous.Clients.Osc;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Lov;

/// <summary>
/// The data of one file over its stripes: reads and writes through the cache under extent locks, sizes, truncate.
/// Memory given to a call is used only until its ValueTask completes.
/// </summary>
/// <remarks>Any number of calls at once. Errors: EIO for a lost target or eviction, ENODATA for a write to a file
/// without objects (it needs a layout from the MDT first), EFBIG, ENOSPC, EDQUOT, EINTR. Source: lustre/lov/lov_io.c,
/// lov_object.c, lov_merge.c.</remarks>
public sealed partial class LovObject : IOscObjectOwner
{
    readonly LovDevice _device;
    readonly ILovObjectOwner _owner;
    readonly AsyncGate _sizeGate = new();       // appends and truncates, one after the other
    State _current;

    internal LovObject(LovDevice device, Fid fid, LovLayout layout, ILovObjectOwner owner)
    {
        _device = device;
        _owner = owner;
        Fid = fid;
        _current = Attach(layout);
    }

    /// <summary>The file.</summary>
    public Fid Fid { get; }

    State CurrentState => Volatile.Read(ref _current);

    public LovLayout Layout => CurrentState.Layout;

    /// <summary>The bytes are on the MDT, with which we do not share data: those calls are refused.</summary>
    Errno CheckOnOsts(State state, ulong start, ulong end) =>
        state.Layout.HasOnMdt(start, end) ? Errno.EOPNOTSUPP : Errno.OK;

    /// <summary>
    /// Before a write to a range: where the file has no objects yet, or several mirrors, the MDT gives it another
    /// layout. ENOSPC, EAGAIN and what else an MDT says; EIO when its layouts do not help.
    /// </summary>
    async ValueTask<Errno> PrepareAsync(ulong start, ulong end, LayoutIntentOp why, CancellationToken cancel)
    {
        const int Attempts = 4;
        var wanted = new LayoutIntent
        {
            Opcode = why,
            Extent = new LuExtent { Start = start, End = end },
        };
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (CurrentState.Layout.IsWritable(start, end))
                return Errno.OK;
            if (await _owner.ChangeLayoutAsync(wanted, cancel) is var status and not Errno.OK)
                return status;
        }
        return Errno.EIO;
    }

    /// <summary>Reads ahead into the cache, as far as a lock is held; does not wait and reports nothing.</summary>
    public void Prefetch(ulong offset, ulong length)
    {
        State state = CurrentState;
        ulong end = offset + length < offset ? ulong.MaxValue : offset + length;
        for (int i = 0; i < state.Stripes.Length; i++)
        {
            (ulong from, ulong to) = (state.Layout.ObjectSize(i, offset), state.Layout.ObjectSize(i, end));
            if (from < to)
                state.Stripes[i]?.Prefetch(from, to);
        }
    }

    /// <summary>Writes what is dirty in a range. Errors of earlier writes in the background are reported here, once.
    /// </summary>
    /// <param name="start">First byte.</param>
    /// <param name="end">Last byte; <c>ulong.MaxValue</c> for all.</param>
    /// <param name="commit">Also waits until the OSTs have it on disk (fsync).</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Errno> FlushAsync(ulong start, ulong end, bool commit, CancellationToken cancel)
    {
        State state = CurrentState;
        if (state.Stripes.Length == 1)
            return await FlushStripeAsync(state, 0, start, end, commit, cancel);
        var calls = new Calls<Errno>(state.Stripes.Length);
        for (int i = 0; i < state.Stripes.Length; i++)
            calls.Add(FlushStripeAsync(state, i, start, end, commit, cancel));
        return await calls.FirstErrorAsync();
    }

    /// <summary>Cuts or extends the file.</summary>
    public async ValueTask<Errno> TruncateAsync(ulong size, CancellationToken cancel)
    {
        if (size > long.MaxValue)
            return Errno.EFBIG;
        // What is cut at 0 needs no objects; else the byte at the new end has some.
        if (size > 0 && await PrepareAsync(0, size + 1, LayoutIntentOp.Trunc, cancel) is var refused and not Errno.OK)
            return refused;
        State state = CurrentState;
        if (state.Layout.HasOnMdt(0, ulong.MaxValue))
            return Errno.EOPNOTSUPP;
        if (state.Stripes.Length == 0)
            return state.Layout.MayGrow && !state.Layout.IsReleased ? Errno.OK : Errno.ENODATA;
        await _sizeGate.EnterAsync();
        var locks = new ClientLock?[state.Stripes.Length];
        try
        {
            Errno status = Errno.OK;
            for (int i = 0; i < locks.Length && status == Errno.OK; i++)
            {
                if (state.Layout.CutSize(i, size) is { } from)
                    status = await LockStripeAsync(state, locks, i, LockMode.PW, from, ulong.MaxValue, cancel);
            }
            if (status != Errno.OK)
                return status;
            var calls = new Calls<Errno>(locks.Length);
            for (int i = 0; i < locks.Length; i++)
            {
                if (state.Layout.CutSize(i, size) is { } cut)
                    calls.Add(state.Stripes[i]!.TruncateAsync(cut, cancel));
            }
            return await calls.FirstErrorAsync();
        }
        finally
        {
            Release(locks);
            _sizeGate.Leave();
        }
    }

    /// <summary>Size, blocks and times as the locks held tell them; false when the OSTs must be asked
    /// (<see cref="GlimpseAsync"/>).</summary>
    public bool TryGetAttributes(out LovAttributes attributes)
    {
        State state = CurrentState;
        attributes = default;
        // How much of the file is on the MDT, only that knows.
        if (state.Layout.HasOnMdt(0, ulong.MaxValue))
            return false;
        foreach (OscObject? stripe in state.Stripes)
        {
            if (stripe is null || !stripe.IsLocked(LockMode.PR, 0, ulong.MaxValue))
                return false;
        }
        attributes = Merge(state) with { IsLocked = true };
        return true;
    }

    /// <summary>Size, blocks and times as of now: from locks held, else from the OSTs, which ask whoever
    /// writes. EOPNOTSUPP where data is on the MDT.</summary>
    public async ValueTask<Result<LovAttributes>> GlimpseAsync(CancellationToken cancel)
    {
        if (TryGetAttributes(out LovAttributes known))
            return known;
        State state = CurrentState;
        if (CheckOnOsts(state, 0, ulong.MaxValue) is var refused and not Errno.OK)
            return refused;
        var calls = new Calls<Errno>(state.Stripes.Length);
        for (int i = 0; i < state.Stripes.Length; i++)
            calls.Add(state.Stripes[i]?.GlimpseAsync(cancel) ?? new ValueTask<Errno>(Errno.EIO));
        Errno status = await calls.FirstErrorAsync();
        if (status != Errno.OK)
            return status;
        return TryGetAttributes(out known) ? known : Merge(state);
    }

    /// <summary>Asks for the locks of a new file that is about to be written, while others go on; those who need them
    /// wait for them.</summary>
    public Task LockAheadAsync() => Task.WhenAll(CurrentState.Stripes.OfType<OscObject>().Select(
        stripe => stripe.LockAheadAsync()));

    /// <summary>Times and owner of the objects.</summary>
    public async ValueTask<Errno> SetattrAsync(LovSetattr attributes, CancellationToken cancel)
    {
        State state = CurrentState;
        var locks = new ClientLock?[state.Stripes.Length];
        try
        {
            // Of MDT and OST the later time counts: others must forget the later one that they know
            // (vvp_io_setattr_lock).
            for (int i = 0; attributes.SetsTimeBack && i < locks.Length; i++)
            {
                Errno status = await LockStripeAsync(state, locks, i, LockMode.PW, 0, ulong.MaxValue, cancel);
                if (status != Errno.OK)
                    return status;
            }
            var calls = new Calls<Errno>(locks.Length);
            for (int i = 0; i < locks.Length; i++)
                calls.Add(state.Stripes[i]?.SetattrAsync(attributes, cancel) ?? new ValueTask<Errno>(Errno.EIO));
            return await calls.FirstErrorAsync();
        }
        finally
        {
            Release(locks);
        }
    }

    /// <summary>
    /// The file's layout has changed: flushes what is cached and goes on with the new objects. EPROTO, EOPNOTSUPP; then
    /// the old ones stay.
    /// </summary>
    public async ValueTask<Errno> SetLayoutAsync(ReadOnlyMemory<byte> layout, CancellationToken cancel)
    {
        Result<LovLayout> parsed = LovLayout.Parse(layout.Span);
        if (parsed.Failed)
            return parsed.Error;
        State old = CurrentState;
        if (old.Layout.IsSameAs(parsed.Value))
            return Errno.OK;
        // What has only grown keeps what is cached, and calls that are under way go on with what they know.
        if (old.Stripes.Length > 0 && !parsed.Value.Extends(old.Layout))
        {
            await _owner.InvalidateAsync(0, ulong.MaxValue);
            if (await FlushAsync(0, ulong.MaxValue, commit: false, cancel) is var status and not Errno.OK)
                return status;
        }
        State next = Attach(parsed.Value);
        // Two answers of the MDT at once: the one whose objects are not used gives them back.
        if (Interlocked.CompareExchange(ref _current, next, old) != old)
        {
            Detach(next, CurrentState);
            return await SetLayoutAsync(layout, cancel);
        }
        Detach(old, next);
        _owner.AttributesChanged();
        return Errno.OK;
    }

    /// <summary>The inode goes: writes what is dirty and lets go of the pages. The locks stay for the next who opens
    /// the file.</summary>
    public async ValueTask<Errno> CloseAsync(CancellationToken cancel)
    {
        State state = CurrentState;
        if (state.IsDetached)
            return Errno.OK;
        Errno status = await FlushAsync(0, ulong.MaxValue, commit: false, cancel);
        Detach(state, null);
        return status;
    }

    ValueTask IOscObjectOwner.InvalidateAsync(OscObject stripe, ulong start, ulong end)
    {
        State state = CurrentState;
        int index = Array.IndexOf(state.Stripes, stripe);
        if (index < 0)
            return ValueTask.CompletedTask;
        LovComponent component = state.Layout.Of(index);
        return _owner.InvalidateAsync(
            Math.Max(component.Start, component.FileOffset(index, start)),
            end == ulong.MaxValue && component.End == ulong.MaxValue
                ? end
                : Math.Min(component.End - 1, component.FileOffset(index, end)));
    }

    void IOscObjectOwner.AttributesChanged(OscObject stripe) => _owner.AttributesChanged();

    LovOwnership IOscObjectOwner.Ownership => _owner.Ownership;

    static async ValueTask<Errno> FlushStripeAsync(
        State state, int index, ulong start, ulong end, bool commit, CancellationToken cancel)
    {
        if (state.Stripes[index] is not { } stripe)
            return Errno.OK;        // nothing was ever written there
        ulong from = state.Layout.ObjectSize(index, start);
        ulong to = end == ulong.MaxValue ? end : state.Layout.ObjectSize(index, end + 1);
        if (from >= to)
            return stripe.TakeWriteError();
        ulong last = end == ulong.MaxValue ? end : to - 1;
        Errno status = await stripe.WriteOutAsync(from, last, cancel);
        Errno earlier = stripe.TakeWriteError();
        if (earlier != Errno.OK)
            return earlier;
        if (status == Errno.OK && commit)
            status = await stripe.SyncAsync(from, last, cancel);
        return status;
    }

    static async ValueTask<Errno> LockStripeAsync(
        State state, ClientLock?[] locks, int index, LockMode mode, ulong start, ulong end, CancellationToken cancel)
    {
        if (state.Stripes[index] is not { } stripe)
            return Errno.EIO;
        Result<ClientLock> held = await stripe.LockAsync(mode, start, end, cancel);
        if (held.Failed)
            return held.Error;
        locks[index] = held.Value;
        return Errno.OK;
    }

    static void Release(ClientLock?[] locks)
    {
        foreach (ClientLock? held in locks)
            held?.Release(held.GrantedMode);
    }

    static LovAttributes Merge(State state)
    {
        ulong size = 0, blocks = 0;
        OstLvb newest = default;
        for (int i = 0; i < state.Stripes.Length; i++)
        {
            if (state.Stripes[i] is not { } stripe)
                continue;
            OstLvb one = stripe.Attributes;
            size = Math.Max(size, state.Layout.FileSize(i, one.Size));
            blocks += one.Blocks;
            if ((one.Mtime, one.MtimeNs).CompareTo((newest.Mtime, newest.MtimeNs)) > 0)
                (newest.Mtime, newest.MtimeNs) = (one.Mtime, one.MtimeNs);
            if ((one.Atime, one.AtimeNs).CompareTo((newest.Atime, newest.AtimeNs)) > 0)
                (newest.Atime, newest.AtimeNs) = (one.Atime, one.AtimeNs);
            if ((one.Ctime, one.CtimeNs).CompareTo((newest.Ctime, newest.CtimeNs)) > 0)
                (newest.Ctime, newest.CtimeNs) = (one.Ctime, one.CtimeNs);
        }
        return new LovAttributes
        {
            Size = size,
            Blocks = blocks,
            Mtime = newest.Mtime,
            MtimeNs = newest.MtimeNs,
            Atime = newest.Atime,
            AtimeNs = newest.AtimeNs,
            Ctime = newest.Ctime,
            CtimeNs = newest.CtimeNs,
        };
    }

    State Attach(LovLayout layout)
    {
        var stripes = new OscObject?[layout.StripeCount];
        for (int i = 0; i < stripes.Length; i++)
        {
            LovStripe stripe = layout.Stripes[i];
            OscObject? one = _device.Target(stripe.OstIndex)?.GetObject(stripe.ObjectId);
            if (one is not null)
            {
                LovComponent component = layout.Of(i);
                (one.Parent, one.StripeIndex, one.Owner) = (Fid, (uint)(i - component.FirstStripe), this);
                one.Place = component.OstLayout;
                one.LayoutVersion = layout.IsMirrored ? layout.Generation : 0;
            }
            stripes[i] = one;
        }
        return new State(layout, stripes);
    }

    void Detach(State state, State? next)
    {
        if (state.IsDetached)
            return;
        state.IsDetached = true;
        foreach (OscObject? stripe in state.Stripes)
        {
            if (stripe is null)
                continue;
            bool isKept = next is not null && Array.IndexOf(next.Stripes, stripe) >= 0;
            if (stripe.Owner == this && !isKept)
                stripe.Owner = null;
            stripe.Device.Release(stripe);
        }
    }

    /// <summary>A layout and the objects it names; null where the OST is not there.</summary>
    sealed class State(LovLayout layout, OscObject?[] stripes)
    {
        public LovLayout Layout { get; } = layout;

        public OscObject?[] Stripes { get; } = stripes;

        public bool IsDetached { get; set; }
    }
}
