using System.Numerics;
using System.Runtime.CompilerServices;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Osc;

// Writes: into the cache, or around it.
sealed partial class OscObject
{
    /// <summary>What a step through the cache needs before it can go on.</summary>
    enum Need
    {
        Nothing,
        /// <summary>Pages are under way.</summary>
        Progress,
        /// <summary>Pages must be read first.</summary>
        Pages,
        /// <summary>A page of which only a part is known must be written first.</summary>
        Flush,
        /// <summary>Room among the dirty pages, or grant.</summary>
        Room,
        /// <summary>There is no grant to be had.</summary>
        WriteThrough,
    }

    /// <summary>Writes under a PW lock that the caller holds on the range (or while one is being given up).</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> WriteAsync(ulong offset, IoVec source, CancellationToken cancel)
    {
        int done = 0;
        RoomTicket? ticket = null;
        bool pinned = false;
        try
        {
            while (true)
            {
                Need need = WriteCached(offset, source, ref done, ticket, out Task? progress);
                Device.StartWriteback(this);
                Device.KeepCacheLimit(this);
                if (need == Need.Nothing)
                    return Errno.OK;
                if (need is Need.Pages or Need.Flush && !pinned)
                {
                    Pin(offset, source.Length);
                    pinned = true;
                }
                if (ticket is not null && need != Need.Room)
                {
                    Device.LeaveRoomQueue(ticket);
                    ticket = null;
                }
                Errno status = Errno.OK;
                ulong at = offset + (ulong)done;
                switch (need)
                {
                    case Need.Progress:
                        await progress!.WaitAsync(cancel);
                        break;
                    case Need.Pages:
                        status = await FillPartialAsync(at, source.Length - done, cancel);
                        break;
                    case Need.Flush:
                        status = await WriteOutAsync(at, offset + (ulong)source.Length - 1, cancel);
                        break;
                    case Need.Room:
                        if (ticket is null)
                            ticket = Device.JoinRoomQueue();
                        else
                            await Device.WaitForRoomAsync(ticket, cancel);
                        break;
                    default:
                        int piece = (int)Math.Min(
                            (ulong)(source.Length - done), OscChunk.Size - (at & (OscChunk.Size - 1)));
                        status = await WriteDirectAsync(at, source.Slice(done, piece), cancel);
                        done += piece;
                        break;
                }
                if (status != Errno.OK)
                    return status;
            }
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }
        finally
        {
            if (pinned)
                Unpin(offset, source.Length);
            if (ticket is not null)
                Device.LeaveRoomQueue(ticket);
        }
    }

    /// <summary>Writes as far as that needs no waiting.</summary>
    Need WriteCached(ulong offset, IoVec source, ref int done, RoomTicket? ticket, out Task? progress)
    {
        progress = null;
        while (done < source.Length)
        {
            ulong at = offset + (ulong)done;
            int from = (int)(at & (OscChunk.Size - 1));
            int length = Math.Min(source.Length - done, OscChunk.Size - from);
            using (_lock.Enter())
            {
                Need need = WriteChunk(at >> OscChunk.Shift, from, source.Slice(done, length), ticket);
                if (need == Need.Progress)
                    progress = Progress();
                if (need != Need.Nothing)
                    return need;
            }
            done += length;
        }
        return Need.Nothing;
    }

    Need WriteChunk(ulong index, int from, IoVec source, RoomTicket? ticket)
    {
        int to = from + source.Length;
        ulong start = index << OscChunk.Shift;
        if (start + (ulong)to > _punchStart || IsWrittenDirect(start + (ulong)from, start + (ulong)to - 1))
            return Need.Progress;
        ulong mask = OscChunk.MaskOfBytes(from, to);
        OscChunk chunk = GetOrAdd(index);
        if (((chunk.Writing | chunk.Reading) & mask) != 0)
            return Need.Progress;
        ulong partial = PartialPages(chunk, from, to);
        if (!chunk.Part.TryAdd(from, to, partial, out PagePart part))
            return (partial & chunk.Part.Mask) != 0 ? Need.Flush : Need.Pages;
        int reach = (to + OscChunk.PageSize - 1) & ~(OscChunk.PageSize - 1);
        bool grows = !chunk.Reaches(reach);
        if (grows && chunk.IsBusy)
            return Need.Progress;
        ulong added = mask & ~chunk.Dirty;
        if (added != 0 && MakeDirty(chunk, added, ticket) is var refused and not Need.Nothing)
            return refused;
        if (grows)
            chunk.Grow(Context.Buffers, reach, whole: !_isSmallFile || index > 0);
        ZeroAround(chunk, from, to, mask & ~(chunk.Valid | chunk.Part.Mask));
        chunk.Write(from, source.Span, sums: Device.ChecksumType == ChecksumAlgorithm.Crc32C);
        SetPart(chunk, part);
        chunk.Valid |= mask & ~part.Mask;
        _kms = Math.Max(_kms, start + (ulong)to);
        _isSmallFile &= _kms <= 64 << 10;
        Touch(modified: true);
        Device.Cache.Used(chunk);
        return Need.Nothing;
    }

    void SetPart(OscChunk chunk, in PagePart part)
    {
        _partPages += (part.Mask != 0 ? 1 : 0) - (chunk.Part.Mask != 0 ? 1 : 0);
        chunk.Part = part;
    }

    /// <summary>Pages that a write covers only in part and whose rest is not known.</summary>
    ulong PartialPages(OscChunk chunk, int from, int to)
    {
        ulong partial = 0;
        if ((from & (OscChunk.PageSize - 1)) != 0)
            partial |= 1UL << (from >> OscChunk.PageShift);
        // What lies behind the end of the object needs no reading: it is zeros.
        if ((to & (OscChunk.PageSize - 1)) != 0 && chunk.Start + (ulong)to < _kms)
            partial |= 1UL << ((to - 1) >> OscChunk.PageShift);
        partial &= ~chunk.Valid;
        if (partial == 0)
            return 0;
        ulong known = 0;
        for (ulong left = partial; left != 0; left &= left - 1)
        {
            int page = BitOperations.TrailingZeroCount(left);
            if (chunk.Start + ((ulong)page << OscChunk.PageShift) >= _kms)
                known |= 1UL << page;
        }
        return partial & ~known;
    }

    static void ZeroAround(OscChunk chunk, int from, int to, ulong unknown)
    {
        int first = from & ~(OscChunk.PageSize - 1);
        if (first < from && (unknown & (1UL << (from >> OscChunk.PageShift))) != 0)
            chunk.Buffer!.Span[first..from].Clear();
        int last = (to + OscChunk.PageSize - 1) & ~(OscChunk.PageSize - 1);
        if (last > to && (unknown & (1UL << ((to - 1) >> OscChunk.PageShift))) != 0)
            chunk.Buffer!.Span[to..last].Clear();
    }

    Need MakeDirty(OscChunk chunk, ulong added, RoomTicket? ticket)
    {
        int pages = BitOperations.PopCount(added);
        long grant = Math.Max(0, Device.Grant.CostOfPages(chunk.Start, chunk.Dirty | added) - chunk.Grant);
        switch (Device.EnterCache((long)pages << OscChunk.PageShift, grant, ticket))
        {
            case CacheEntry.Wait: return Need.Room;
            case CacheEntry.Sync: return Need.WriteThrough;
        }
        chunk.Grant += grant;
        chunk.Dirty |= added;
        if (_dirtyPages == 0)
            Device.BecameDirty(this);
        _dirtyPages += pages;
        _dirtyHint = Math.Min(_dirtyHint, chunk.Index);
        return Need.Nothing;
    }

    /// <summary>Reads the pages that a write at an offset covers only in part.</summary>
    async ValueTask<Errno> FillPartialAsync(ulong offset, int length, CancellationToken cancel)
    {
        int from = (int)(offset & (OscChunk.Size - 1));
        OscBrw? rpc;
        using (_lock.Enter())
        {
            OscChunk chunk = GetOrAdd(offset >> OscChunk.Shift);
            ulong partial = PartialPages(chunk, from, Math.Min(from + length, OscChunk.Size)) & ~chunk.Reading;
            if (partial == 0)
                return Errno.OK;
            (int first, int count) = OscChunk.TakeRun(ref partial);
            rpc = BuildRead(chunk, first, chunk.Start + ((ulong)(first + count) << OscChunk.PageShift));
        }
        if (rpc is not null)
            return await RunReadAsync(rpc, cancel);
        await WaitProgressAsync(cancel);
        return Errno.OK;
    }

    async ValueTask WaitProgressAsync(CancellationToken cancel)
    {
        Task progress;
        using (_lock.Enter())
        {
            bool busy = false;
            for (int i = 0; i < _chunks.Count && !busy; i++)
                busy = _chunks[i].IsBusy;
            if (!busy)
                return;
            progress = Progress();
        }
        await progress.WaitAsync(cancel);
    }

    /// <summary>Writes around the cache, straight from the caller's memory; ends when the OST has it.</summary>
    public async ValueTask<Errno> WriteDirectAsync(ulong offset, IoVec source, CancellationToken cancel)
    {
        // Whole pages: a neighbour's bytes in a page of ours must not be written from what was cached before.
        ulong first = offset & ~(OscChunk.PageSize - 1UL);
        ulong last = (offset + (ulong)source.Length - 1) | (OscChunk.PageSize - 1);
        if (await BeginDirectAsync(first, last, cancel) is var refused and not Errno.OK)
            return refused;
        Errno status = await WriteOutAsync(first, last, cancel);
        DropClean(first, last);
        int done = 0;
        while (done < source.Length && status == Errno.OK)
        {
            ulong at = offset + (ulong)done;
            // RPCs end at multiples of their size, so that what follows is aligned.
            int piece = (int)Math.Min(
                (ulong)(source.Length - done), (ulong)Device.MaxRpcBytes - (at % (ulong)Device.MaxRpcBytes));
            status = await WriteDirectPieceAsync(at, source.Slice(done, piece), cancel);
            done += piece;
        }
        DropClean(first, last);
        EndDirect(first, last);
        return status;
    }

    /// <summary>Keeps others from writing the pages meanwhile.</summary>
    async ValueTask<Errno> BeginDirectAsync(ulong first, ulong last, CancellationToken cancel)
    {
        while (true)
        {
            Task progress;
            using (_lock.Enter())
            {
                if (!IsWrittenDirect(first, last))
                {
                    _directs.Add((first, last));
                    return Errno.OK;
                }
                progress = Progress();
            }
            try
            {
                await progress.WaitAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                return Errno.EINTR;
            }
        }
    }

    void EndDirect(ulong first, ulong last)
    {
        TaskCompletionSource? progress;
        using (_lock.Enter())
        {
            _directs.Remove((first, last));
            progress = TakeProgress();
        }
        progress?.SetResult();
    }

    bool IsWrittenDirect(ulong start, ulong end)
    {
        foreach ((ulong first, ulong last) in _directs)
        {
            if (start <= last && end >= first)
                return true;
        }
        return false;
    }

    async ValueTask<Errno> WriteDirectPieceAsync(ulong offset, IoVec source, CancellationToken cancel)
    {
        long cost = Device.Grant.CostOf(offset, offset + (ulong)source.Length);
        bool granted = Device.Grant.Enter(source.Length, cost) == CacheEntry.Entered;
        OscBrw rpc = Device.TakeBrw(this, isWrite: true);
        rpc.Add(offset, source, BrwFlags.NOCACHE
            | (granted ? BrwFlags.FROM_GRANT | Device.WriteFlags : BrwFlags.SYNC));
        using (_lock.Enter())
        {
            Touch(modified: true);
            rpc.Attributes = IoAttributes(offset, isWrite: true);
        }
        if (granted)
        {
            rpc.Cost = cost;
            Device.Grant.Send(cost, cost);
        }
        rpc.IsUrgent = true;
        Result<int> result = await Device.ExecuteAsync(rpc, cancel);
        if (granted)
            Device.Grant.Sent(source.Length, cost, rpc.Unanswered);
        if (!result.Failed)
        {
            using (_lock.Enter())
                _kms = Math.Max(_kms, offset + (ulong)source.Length);
        }
        Device.ReturnBrw(rpc);
        Device.RoomMade();
        return result.Error;
    }
}
