using System.Numerics;
using System.Runtime.CompilerServices;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Osc;

// Dirty pages on their way to the OST, and pages that are dropped.
sealed partial class OscObject
{
    /// <summary>Whether a full RPC's worth is dirty, or something is urgent.</summary>
    internal bool WantsWrite
    {
        get
        {
            using (_lock.Enter())
                return HasWork();
        }
    }

    bool IsUrgent => _urgentStart <= _urgentEnd;

    // A page in part waits for its other bytes, which come next where a file is written from end to end.
    bool HasWork() => _dirtyPages > 0
        && (IsUrgent || (_dirtyPages - _partPages) << OscChunk.PageShift >= Device.MaxRpcBytes);

    /// <summary>Writes what is dirty in a range and waits for it; errors are kept for
    /// <see cref="TakeWriteError"/>.</summary>
    /// <returns>OK, or EINTR.</returns>
    public async ValueTask<Errno> WriteOutAsync(ulong start, ulong end, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                Task progress;
                using (_lock.Enter())
                {
                    if (!HasUnwritten(start, end, out bool isDirty))
                        return Errno.OK;
                    if (isDirty)
                        AddUrgent(start, end);
                    progress = Progress();
                }
                Device.StartWriteback(this);
                await progress.WaitAsync(cancel);
            }
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }
    }

    /// <summary>Has all that is dirty written soon.</summary>
    public void MakeUrgent()
    {
        using (_lock.Enter())
            AddUrgent(0, ulong.MaxValue);
        Device.StartWriteback(this);
    }

    void AddUrgent(ulong start, ulong end)
    {
        (_urgentStart, _urgentEnd) = IsUrgent
            ? (Math.Min(_urgentStart, start), Math.Max(_urgentEnd, end))
            : (start, end);
    }

    bool HasUnwritten(ulong start, ulong end, out bool isDirty)
    {
        isDirty = false;
        bool found = false;
        if (_dirtyPages + _writingPages == 0)
            return false;
        for (int i = _chunks.LowerBound(start >> OscChunk.Shift); i < _chunks.Count; i++)
        {
            OscChunk chunk = _chunks[i];
            if (chunk.Start > end)
                break;
            ulong mask = chunk.MaskOfRange(start, end);
            isDirty |= (chunk.Dirty & mask) != 0;
            found |= ((chunk.Dirty | chunk.Writing) & mask) != 0;
            if (isDirty)
                break;
        }
        return found;
    }

    /// <summary>
    /// The next write RPC of this object, or null when nothing is to be written now. Whole chunks are taken, so that
    /// their grant goes with them (get_write_extents).
    /// </summary>
    internal OscBrw? BuildWrite()
    {
        using (_lock.Enter())
        {
            if (!HasWork())
            {
                if (_dirtyPages == 0)
                    EndUrgent();
                return null;
            }
            bool urgent = IsUrgent;
            ulong from = urgent ? Math.Max(_urgentStart >> OscChunk.Shift, _dirtyHint) : _dirtyHint;
            ulong to = urgent ? _urgentEnd : ulong.MaxValue;
            OscBrw? rpc = null;
            long aside = 0;
            ulong firstLeft = ulong.MaxValue;
            bool isPart = false;
            int i = _chunks.LowerBound(from);
            for (; i < _chunks.Count && _chunks[i].Start <= to && !isPart; i++)
            {
                OscChunk chunk = _chunks[i];
                // A page in part goes by itself: within an RPC there is no gap (osc_brw_prep_request).
                isPart = urgent && rpc is null && chunk.Dirty != 0 && chunk.Dirty == chunk.Part.Mask;
                ulong pages = isPart ? chunk.Dirty : chunk.Dirty & ~chunk.Part.Mask;
                if (pages != 0)
                {
                    if (rpc is not null && !Fits(rpc, pages))
                        break;
                    rpc ??= Device.TakeBrw(this, isWrite: true);
                    aside += TakeDirty(rpc, chunk, pages);
                }
                if (chunk.Dirty != 0)
                    firstLeft = Math.Min(firstLeft, chunk.Index);
            }
            bool atEnd = i >= _chunks.Count || _chunks[i].Start > to;
            if (urgent && atEnd && firstLeft == ulong.MaxValue)
                EndUrgent();
            if (from <= _dirtyHint)
                _dirtyHint = Math.Min(firstLeft, i < _chunks.Count ? _chunks[i].Index : ulong.MaxValue);
            if (rpc is null)
                return null;
            rpc.IsUrgent = urgent;
            rpc.Attributes = IoAttributes(rpc.Pieces[0].Offset, isWrite: true);
            rpc.Cost = Math.Min(rpc.ComputeCost(Device.Grant), aside);
            Device.Grant.Send(aside, rpc.Cost);
            if (_dirtyPages == 0)
                Device.BecameClean(this);
            return rpc;
        }
    }

    void EndUrgent() => (_urgentStart, _urgentEnd) = (ulong.MaxValue, 0);

    bool Fits(OscBrw rpc, ulong pages)
    {
        int bytes = BitOperations.PopCount(pages) << OscChunk.PageShift;
        return rpc.Bytes + bytes <= Device.MaxRpcBytes
            && rpc.PieceCount + (OscChunk.PageCount / 2) <= OscBrw.MaxPieces;
    }

    /// <summary>Puts dirty pages of a chunk into an RPC: all whole ones, or the one in part.</summary>
    /// <returns>The grant put aside for them.</returns>
    long TakeDirty(OscBrw rpc, OscChunk chunk, ulong pages)
    {
        BrwFlags flags = Device.WriteFlags | BrwFlags.FROM_GRANT;
        rpc.Add(chunk, pages);
        if (pages == chunk.Part.Mask)
        {
            (int from, int to) = (chunk.Part.From, chunk.Part.To);
            rpc.Add(chunk.Start + (ulong)from, chunk.Buffer!.Slice(from, to - from), flags);
            SetPart(chunk, default);
        }
        else
        {
            for (ulong left = pages; left != 0;)
            {
                (int first, int count) = OscChunk.TakeRun(ref left);
                ulong start = chunk.Start + ((ulong)first << OscChunk.PageShift);
                // The last page of an object goes as far as the object does: else the object would grow.
                int length = (int)Math.Min((ulong)count << OscChunk.PageShift, _kms - start);
                rpc.Add(start, chunk.Buffer!.Slice(first << OscChunk.PageShift, length), flags,
                    length == OscChunk.Size ? chunk.Sum : null);
            }
        }
        int taken = BitOperations.PopCount(pages);
        chunk.Dirty &= ~pages;
        chunk.Writing |= pages;
        _dirtyPages -= taken;
        _writingPages += taken;
        return chunk.GiveGrant(Device.Grant.CostOfPages(chunk.Start, chunk.Dirty));
    }

    /// <summary>Sends a write that <see cref="BuildWrite"/> made.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask RunWriteAsync(OscBrw rpc)
    {
        Result<int> result = await Device.ExecuteAsync(rpc, default);
        int pages = 0;
        TaskCompletionSource? progress;
        using (_lock.Enter())
        {
            for (int i = 0; i < rpc.SegmentCount; i++)
            {
                (OscChunk chunk, ulong written) = rpc[i];
                pages += BitOperations.PopCount(written);
                chunk.Writing &= ~written;
                if (result.Failed)
                    chunk.Valid &= ~written;
            }
            _writingPages -= pages;
            if (result.Failed && _writeError == Errno.OK)
                _writeError = result.Error;
            progress = TakeProgress();
        }
        Device.Grant.Sent((long)pages << OscChunk.PageShift, rpc.Cost, rpc.Unanswered);
        if (result.Failed)
            Device.LogWriteError(this, rpc, result.Error);
        Device.ReturnBrw(rpc);
        progress?.SetResult();
    }

    /// <summary>Forgets the clean pages of a range; what is being read there will not be kept.</summary>
    void DropClean(ulong start, ulong end)
    {
        using (_lock.Enter())
        {
            for (int i = _chunks.LowerBound(start >> OscChunk.Shift); i < _chunks.Count; i++)
            {
                OscChunk chunk = _chunks[i];
                if (chunk.Start > end)
                    break;
                ulong mask = chunk.MaskOfRange(start, end) & ~(chunk.Dirty | chunk.Writing);
                chunk.Valid &= ~mask;
                chunk.Stale |= mask & chunk.Reading;
                if (FreeIfEmpty(i))
                    i--;
            }
        }
    }

    /// <summary>Forgets all pages of a range, dirty ones too; nothing there is under way.</summary>
    /// <returns>How many dirty pages were lost.</returns>
    int DropAll(ulong start, ulong end)
    {
        int lost = 0;
        long aside = 0;
        for (int i = _chunks.LowerBound(start >> OscChunk.Shift); i < _chunks.Count; i++)
        {
            OscChunk chunk = _chunks[i];
            if (chunk.Start > end)
                break;
            ulong mask = chunk.MaskOfRange(start, end) & ~chunk.Writing;
            int dirty = BitOperations.PopCount(chunk.Dirty & mask);
            chunk.Valid &= ~mask;
            chunk.Stale |= mask & chunk.Reading;
            chunk.Dirty &= ~mask;
            if ((mask & chunk.Part.Mask) != 0)
                SetPart(chunk, default);
            if (dirty > 0)
            {
                aside += chunk.GiveGrant(Device.Grant.CostOfPages(chunk.Start, chunk.Dirty));
                lost += dirty;
            }
            if (FreeIfEmpty(i))
                i--;
        }
        if (lost == 0)
            return 0;
        _dirtyPages -= lost;
        Device.Grant.Drop((long)lost << OscChunk.PageShift, aside);
        if (_dirtyPages == 0)
            Device.BecameClean(this);
        return lost;
    }

    /// <summary>The OST has forgotten us: what it has not got is lost, and whoever asks is told once.</summary>
    internal void Invalidate()
    {
        TaskCompletionSource? progress;
        using (_lock.Enter())
        {
            if (DropAll(0, ulong.MaxValue) > 0 && _writeError == Errno.OK)
                _writeError = Errno.EIO;
            EndUrgent();
            progress = TakeProgress();
        }
        progress?.SetResult();
    }

    /// <summary>The OST had taken data that it has lost, and forgot us before we could send it again.</summary>
    internal void LostWrite()
    {
        using (_lock.Enter())
        {
            if (_writeError == Errno.OK)
                _writeError = Errno.EIO;
        }
    }

    /// <summary>The device goes: the memory is given back.</summary>
    internal void Abandon()
    {
        Invalidate();
        using (_lock.Enter())
        {
            for (int i = _chunks.Count - 1; i >= 0; i--)
                FreeIfEmpty(i);
        }
    }

    bool FreeIfEmpty(int place)
    {
        OscChunk chunk = _chunks[place];
        if (chunk.Valid != 0 || !chunk.IsIdle)
            return false;
        _chunks.RemoveAt(place);
        chunk.Free();
        Device.Cache.Used(chunk);
        return true;
    }
}
