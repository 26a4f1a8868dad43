using System.Runtime.CompilerServices;
using Lustrous.Clients.Osc;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Lov;

// Reads and writes over the stripes. All locks of one call are taken first, in the order of the stripes, and held until
// its end: so a write that spans stripes is seen whole or not at all.
public sealed partial class LovObject
{
    /// <summary>Reads; the value is how many bytes, less than asked only at the end of the file.</summary>
    public ValueTask<Result<int>> ReadAsync(
        ulong offset, IoVec destination, LovIoFlags flags, CancellationToken cancel)
    {
        State state = CurrentState;
        if (destination.Length == 0 || (state.Layout.Components.Count == 0 && !state.Layout.IsReleased))
            return new(0);
        if (state.Layout.IsReleased)
            return new(Errno.ENODATA);
        if (offset > long.MaxValue - (ulong)destination.Length)
            return new(Errno.EINVAL);
        if (CheckOnOsts(state, 0, ulong.MaxValue) is var refused and not Errno.OK)
            return new(refused);
        return IsOnOneStripe(state, offset, destination.Length)
            ? ReadOneAsync(state, offset, destination, flags, cancel)
            : ReadManyAsync(state, offset, destination, flags, cancel);
    }

    /// <summary>Writes all of <paramref name="source"/>; the value is how many bytes before an error, if any.</summary>
    public ValueTask<Result<int>> WriteAsync(
        ulong offset, IoVec source, LovIoFlags flags, CancellationToken cancel)
    {
        State state = CurrentState;
        if (source.Length == 0)
            return new(0);
        if (offset > long.MaxValue - (ulong)source.Length)
            return new(Errno.EFBIG);
        return state.Layout.IsWritable(offset, offset + (ulong)source.Length)
            ? WriteToAsync(state, offset, source, flags, cancel)
            : WritePreparedAsync(offset, source, flags, cancel);
    }

    ValueTask<Result<int>> WriteToAsync(
        State state, ulong offset, IoVec source, LovIoFlags flags, CancellationToken cancel)
    {
        if (state.Stripes.Length == 0)
            return new(state.Layout.HasOnMdt(0, ulong.MaxValue) ? Errno.EOPNOTSUPP : Errno.ENODATA);
        if (CheckOnOsts(state, 0, ulong.MaxValue) is var refused and not Errno.OK)
            return new(refused);
        return IsOnOneStripe(state, offset, source.Length)
            ? WriteOneAsync(state, offset, source, flags, cancel)
            : WriteManyAsync(state, offset, source, flags, cancel);
    }

    async ValueTask<Result<int>> WritePreparedAsync(
        ulong offset, IoVec source, LovIoFlags flags, CancellationToken cancel)
    {
        Errno status = await PrepareAsync(offset, offset + (ulong)source.Length, LayoutIntentOp.Write, cancel);
        return status == Errno.OK ? await WriteToAsync(CurrentState, offset, source, flags, cancel) : status;
    }

    /// <summary>Writes behind the end of the file, wherever that is now (O_APPEND); the value is the offset it got.
    /// </summary>
    public async ValueTask<Result<ulong>> AppendAsync(IoVec source, LovIoFlags flags, CancellationToken cancel)
    {
        while (true)
        {
            if (CurrentState.Layout.MayGrow && await PrepareAppendAsync(source.Length, cancel) is var status
                and not Errno.OK)
                return status;
            Result<ulong> written = await AppendOnceAsync(source, flags, cancel);
            // Somebody else appended meanwhile, up to where there are no objects.
            if (written.Error != Errno.ENODATA || !CurrentState.Layout.MayGrow || CurrentState.Layout.IsReleased)
                return written;
        }
    }

    async ValueTask<Errno> PrepareAppendAsync(int length, CancellationToken cancel)
    {
        Result<LovAttributes> known = await GlimpseAsync(cancel);
        if (known.Failed)
            return known.Error;
        ulong end = known.Value.Size;
        return end > long.MaxValue - (ulong)length
            ? Errno.EFBIG
            : await PrepareAsync(end, end + (ulong)length, LayoutIntentOp.Write, cancel);
    }

    async ValueTask<Result<ulong>> AppendOnceAsync(IoVec source, LovIoFlags flags, CancellationToken cancel)
    {
        State state = CurrentState;
        if (CheckOnOsts(state, 0, ulong.MaxValue) is var refused and not Errno.OK)
            return refused;
        if (state.Stripes.Length == 0)
            return Errno.ENODATA;
        await _sizeGate.EnterAsync();
        var locks = new ClientLock?[state.Stripes.Length];
        try
        {
            // The whole file: nobody else may move its end meanwhile.
            for (int i = 0; i < locks.Length; i++)
            {
                Errno status = await LockStripeAsync(state, locks, i, LockMode.PW, 0, ulong.MaxValue, cancel);
                if (status != Errno.OK)
                    return status;
            }
            ulong end = KnownSize(state);
            if (end > long.MaxValue - (ulong)source.Length)
                return Errno.EFBIG;
            if (!state.Layout.IsWritable(end, end + (ulong)source.Length))
                return Errno.ENODATA;
            Result<int> written = await WritePiecesAsync(state, end, source, flags, cancel);
            return written.Failed ? written.Error : written.Value < source.Length ? Errno.EIO : end;
        }
        finally
        {
            Release(locks);
            _sizeGate.Leave();
        }
    }

    /// <summary>fallocate(2); EOPNOTSUPP for modes that the OSTs do not do.</summary>
    public async ValueTask<Errno> FallocateAsync(
        FallocateMode mode, ulong offset, ulong length, CancellationToken cancel)
    {
        if (length == 0)
            return Errno.EINVAL;
        if (offset > long.MaxValue - length)
            return Errno.EFBIG;
        if (await PrepareAsync(offset, offset + length, LayoutIntentOp.Write, cancel) is var unprepared
            and not Errno.OK)
            return unprepared;
        State state = CurrentState;
        if (CheckOnOsts(state, 0, ulong.MaxValue) is var refused and not Errno.OK)
            return refused;
        if (state.Stripes.Length == 0)
            return Errno.ENODATA;
        var locks = new ClientLock?[state.Stripes.Length];
        try
        {
            var calls = new List<(int Stripe, ulong From, ulong To)>();
            for (int i = 0; i < locks.Length; i++)
            {
                ulong from = state.Layout.ObjectSize(i, offset), to = state.Layout.ObjectSize(i, offset + length);
                if (from >= to)
                    continue;
                Errno status = await LockStripeAsync(state, locks, i, LockMode.PW, from, to - 1, cancel);
                if (status != Errno.OK)
                    return status;
                calls.Add((i, from, to));
            }
            var running = new Calls<Errno>(calls.Count);
            foreach ((int stripe, ulong from, ulong to) in calls)
                running.Add(state.Stripes[stripe]!.FallocateAsync(mode, from, to, cancel));
            return await running.FirstErrorAsync();
        }
        finally
        {
            Release(locks);
        }
    }

    /// <summary>lseek(2) SEEK_DATA and SEEK_HOLE; ENXIO behind the end.</summary>
    public async ValueTask<Result<ulong>> SeekAsync(ulong offset, SeekWhence whence, CancellationToken cancel)
    {
        State state = CurrentState;
        Result<LovAttributes> attributes = await GlimpseAsync(cancel);
        if (attributes.Failed)
            return attributes.Error;
        ulong size = attributes.Value.Size;
        if (offset >= size)
            return Errno.ENXIO;
        var locks = new ClientLock?[state.Stripes.Length];
        try
        {
            // What others have not written yet is data too; they write it before they give their locks up.
            for (int i = 0; i < locks.Length; i++)
            {
                ulong from = state.Layout.ObjectSize(i, offset);
                Errno status = await LockStripeAsync(state, locks, i, LockMode.PR, from, ulong.MaxValue, cancel);
                if (status != Errno.OK)
                    return status;
            }
            return await SeekLockedAsync(state, offset, size, whence, cancel);
        }
        finally
        {
            Release(locks);
        }
    }

    static async ValueTask<Result<ulong>> SeekLockedAsync(
        State state, ulong offset, ulong size, SeekWhence whence, CancellationToken cancel)
    {
        ulong found = whence == SeekWhence.Hole ? state.Layout.FirstWithoutObjects(offset, size) : ulong.MaxValue;
        for (int i = 0; i < state.Stripes.Length; i++)
        {
            if (state.Stripes[i] is not { } stripe)
                return Errno.EIO;
            ulong from = state.Layout.ObjectSize(i, offset);
            ulong objectEnd = state.Layout.ObjectSize(i, size);
            if (from >= objectEnd)
                continue;
            Result<ulong> one = await stripe.SeekAsync(from, whence, cancel);
            if (one.Error == Errno.ENXIO)
            {
                // Behind the end of the object, and before that of the file: a hole.
                if (whence == SeekWhence.Hole)
                    found = Math.Min(found, state.Layout.FileOffset(i, from));
                continue;
            }
            if (one.Failed)
                return one.Error;
            // The hole that every object has behind its end is the file's only where the file goes on.
            if (one.Value < objectEnd)
                found = Math.Min(found, Math.Max(offset, state.Layout.FileOffset(i, one.Value)));
        }
        return found == ulong.MaxValue ? Errno.ENXIO : Math.Min(found, size);
    }

    static LockMode ReadMode(LovIoFlags flags) =>
        (flags & LovIoFlags.MayBeChanged) != 0 ? LockMode.PW : LockMode.PR;

    static bool IsOnOneStripe(State state, ulong offset, int length) =>
        state.Layout.Run(offset, length) == length && state.Layout.Locate(offset).Stripe >= 0;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Result<int>> ReadOneAsync(
        State state, ulong offset, IoVec destination, LovIoFlags flags, CancellationToken cancel)
    {
        (int index, ulong at) = state.Layout.Locate(offset);
        if (state.Stripes[index] is not { } stripe)
            return Errno.EIO;
        ulong end = at + (ulong)destination.Length;
        Result<ClientLock> held = await stripe.LockAsync(ReadMode(flags), at, end - 1, cancel);
        if (held.Failed)
            return held.Error;
        try
        {
            int length = destination.Length;
            if (end > stripe.KnownMinimumSize)
            {
                Result<int> within = await LengthWithinAsync(state, offset, length, cancel);
                if (within.Failed || within.Value == 0)
                    return within;
                length = within.Value;
            }
            IoVec memory = destination.Slice(0, length);
            Errno status = (flags & LovIoFlags.Direct) != 0
                ? await stripe.ReadDirectAsync(at, memory, cancel)
                : await stripe.ReadAsync(at, memory, ahead: 0, cancel);
            return status == Errno.OK ? length : status;
        }
        finally
        {
            held.Value.Release(held.Value.GrantedMode);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Result<int>> ReadManyAsync(
        State state, ulong offset, IoVec destination, LovIoFlags flags, CancellationToken cancel)
    {
        var locks = new ClientLock?[state.Stripes.Length];
        try
        {
            Errno status = await LockRangeAsync(state, locks, ReadMode(flags), offset, destination.Length, cancel);
            if (status != Errno.OK)
                return status;
            Result<int> within = await LengthWithinAsync(state, offset, destination.Length, cancel);
            if (within.Failed || within.Value == 0)
                return within;
            int length = within.Value;
            var calls = new Calls<Errno>(PieceCount(state, offset, length));
            for (int done = 0; done < length;)
            {
                (int index, OscObject? stripe, ulong at, int piece) =
                    Piece(state, offset + (ulong)done, length - done);
                IoVec memory = destination.Slice(done, piece);
                if (index < 0)
                    memory.Span.Clear();        // before the end of the file, and without objects: a hole
                else if (stripe is null)
                    calls.Add(new(Errno.EIO));
                else if ((flags & LovIoFlags.Direct) != 0)
                    calls.Add(stripe.ReadDirectAsync(at, memory, cancel));
                else
                    calls.Add(stripe.ReadAsync(at, memory, ahead: 0, cancel));
                done += piece;
            }
            status = await calls.FirstErrorAsync();
            return status == Errno.OK ? length : status;
        }
        finally
        {
            Release(locks);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Result<int>> WriteOneAsync(
        State state, ulong offset, IoVec source, LovIoFlags flags, CancellationToken cancel)
    {
        (int index, ulong at) = state.Layout.Locate(offset);
        if (state.Stripes[index] is not { } stripe)
            return Errno.EIO;
        if ((flags & LovIoFlags.WriteBack) != 0)
            return await WritePieceAsync(stripe, at, source, flags, cancel);
        Result<ClientLock> held = await stripe.LockAsync(
            LockMode.PW, at, at + (ulong)source.Length - 1, cancel);
        if (held.Failed)
            return held.Error;
        try
        {
            return await WritePieceAsync(stripe, at, source, flags, cancel);
        }
        finally
        {
            held.Value.Release(held.Value.GrantedMode);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Result<int>> WriteManyAsync(
        State state, ulong offset, IoVec source, LovIoFlags flags, CancellationToken cancel)
    {
        if ((flags & LovIoFlags.WriteBack) != 0)
            return await WritePiecesAsync(state, offset, source, flags, cancel);
        var locks = new ClientLock?[state.Stripes.Length];
        try
        {
            Errno status = await LockRangeAsync(state, locks, LockMode.PW, offset, source.Length, cancel);
            return status == Errno.OK ? await WritePiecesAsync(state, offset, source, flags, cancel) : status;
        }
        finally
        {
            Release(locks);
        }
    }

    static async ValueTask<Result<int>> WritePiecesAsync(
        State state, ulong offset, IoVec source, LovIoFlags flags, CancellationToken cancel)
    {
        var calls = new Calls<Result<int>>(PieceCount(state, offset, source.Length));
        for (int done = 0; done < source.Length;)
        {
            (_, OscObject? stripe, ulong at, int piece) = Piece(state, offset + (ulong)done, source.Length - done);
            if (stripe is null)
                calls.Add(new(Errno.EIO));
            else
                calls.Add(WritePieceAsync(stripe, at, source.Slice(done, piece), flags, cancel));
            done += piece;
        }
        // The program is told how far it got; what lies behind a piece that failed does not count.
        int written = 0;
        Errno first = Errno.OK;
        for (int i = 0; i < calls.Count; i++)
        {
            Result<int> one = await calls[i];
            if (first != Errno.OK)
                continue;
            first = one.Error;
            written += one.Failed ? 0 : one.Value;
        }
        return written > 0 || first == Errno.OK ? written : first;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    static async ValueTask<Result<int>> WritePieceAsync(
        OscObject stripe, ulong at, IoVec source, LovIoFlags flags, CancellationToken cancel)
    {
        Errno status = (flags & LovIoFlags.Direct) != 0
            ? await stripe.WriteDirectAsync(at, source, cancel)
            : await stripe.WriteAsync(at, source, cancel);
        if (status == Errno.OK && (flags & LovIoFlags.Sync) != 0)
            status = await SyncPieceAsync(stripe, at, at + (ulong)source.Length - 1, cancel);
        return status == Errno.OK ? source.Length : status;
    }

    static async ValueTask<Errno> SyncPieceAsync(
        OscObject stripe, ulong start, ulong end, CancellationToken cancel)
    {
        Errno status = await stripe.WriteOutAsync(start, end, cancel);
        if (status == Errno.OK)
            status = stripe.TakeWriteError();
        return status == Errno.OK ? await stripe.SyncAsync(start, end, cancel) : status;
    }

    static async ValueTask<Errno> LockRangeAsync(
        State state, ClientLock?[] locks, LockMode mode, ulong offset, int length, CancellationToken cancel)
    {
        for (int i = 0; i < locks.Length; i++)
        {
            ulong from = state.Layout.ObjectSize(i, offset);
            ulong to = state.Layout.ObjectSize(i, offset + (ulong)length);
            if (from >= to)
                continue;
            Errno status = await LockStripeAsync(state, locks, i, mode, from, to - 1, cancel);
            if (status != Errno.OK)
                return status;
        }
        return Errno.OK;
    }

    /// <summary>How many of the bytes lie before the end of the file. The locks held tell what is known; else the OSTs
    /// are asked (ccc_prep_size).</summary>
    async ValueTask<Result<int>> LengthWithinAsync(
        State state, ulong offset, int length, CancellationToken cancel)
    {
        ulong end = offset + (ulong)length;
        ulong size = KnownSize(state);
        if (size < end && !IsSizeLocked(state))
        {
            Result<LovAttributes> asked = await GlimpseAsync(cancel);
            if (asked.Failed)
                return asked.Error;
            size = asked.Value.Size;
        }
        return size >= end ? length : size <= offset ? 0 : (int)(size - offset);
    }

    static ulong KnownSize(State state)
    {
        ulong size = 0;
        for (int i = 0; i < state.Stripes.Length; i++)
        {
            if (state.Stripes[i] is { } stripe)
                size = Math.Max(size, state.Layout.FileSize(i, stripe.KnownMinimumSize));
        }
        return size;
    }

    /// <summary>Nobody else can write behind the ends that we know.</summary>
    static bool IsSizeLocked(State state)
    {
        foreach (OscObject? stripe in state.Stripes)
        {
            if (stripe is null || !stripe.IsLocked(LockMode.PR, stripe.KnownMinimumSize, ulong.MaxValue))
                return false;
        }
        return true;
    }

    static int PieceCount(State state, ulong offset, int length)
    {
        int count = 0;
        for (int done = 0; done < length; count++)
            done += state.Layout.Run(offset + (ulong)done, length - done);
        return count;
    }

    /// <summary>The first piece of a range that lies on one stripe, whose OST may not be there; index -1 for one that
    /// has no objects.</summary>
    static (int Index, OscObject? Stripe, ulong At, int Length) Piece(State state, ulong offset, int length)
    {
        (int index, ulong at) = state.Layout.Locate(offset);
        return (index, index < 0 ? null : state.Stripes[index], at, state.Layout.Run(offset, length));
    }
}
