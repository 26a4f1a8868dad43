using System.Runtime.CompilerServices;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Ldlm.Client;

namespace Lustrous.Clients.Osc;

// Reads: from the cache, into it, and around it.
sealed partial class OscObject
{
    /// <summary>Reads under a PR or PW lock that the caller holds on the range. What lies behind the end of the object
    /// reads as zeros: the caller knows where the file ends.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">As many.</param>
    /// <param name="ahead">Up to here, a miss may read more into the cache; within the lock.</param>
    /// <param name="cancel">Ends the wait.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> ReadAsync(
        ulong offset, IoVec destination, ulong ahead, CancellationToken cancel)
    {
        int done = 0;
        bool pinned = false;
        try
        {
            while (true)
            {
                Need need = ReadCached(offset, destination, ref done, ahead, out Task? progress, out OscBrw? rpc);
                if (need == Need.Nothing)
                    return Errno.OK;
                if (!pinned)
                    Pin(offset, destination.Length);
                pinned = true;
                if (rpc is null)
                {
                    if (need == Need.Flush)
                        Device.StartWriteback(this);
                    await progress!.WaitAsync(cancel);
                    continue;
                }
                Errno status = await RunReadAsync(rpc, cancel);
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
            {
                Unpin(offset, destination.Length);
                Device.KeepCacheLimit(this);
            }
        }
    }

    /// <summary>Reads as far as the cache has it; then either somebody else's RPC or an own one is to be waited
    /// for.</summary>
    Need ReadCached(
        ulong offset, IoVec destination, ref int done, ulong ahead, out Task? progress, out OscBrw? rpc)
    {
        progress = null;
        rpc = null;
        while (done < destination.Length)
        {
            ulong at = offset + (ulong)done;
            int from = (int)(at & (OscChunk.Size - 1));
            int length = Math.Min(destination.Length - done, OscChunk.Size - from);
            using (_lock.Enter())
            {
                ulong missing = ReadChunk(at >> OscChunk.Shift, from, destination.Slice(done, length));
                if (missing != 0)
                {
                    OscChunk chunk = GetOrAdd(at >> OscChunk.Shift);
                    if ((missing & chunk.Reading) == 0)
                    {
                        int first = System.Numerics.BitOperations.TrailingZeroCount(missing);
                        ulong end = Math.Max(offset + (ulong)destination.Length, ahead);
                        rpc = BuildRead(chunk, first, end);
                    }
                    if (rpc is null)
                        progress = Progress();
                    if (rpc is not null || (missing & chunk.Part.Mask) == 0)
                        return Need.Pages;
                    AddUrgent(chunk.Start + (ulong)chunk.Part.From, chunk.Start + (ulong)chunk.Part.To - 1);
                    return Need.Flush;
                }
            }
            done += length;
        }
        return Need.Nothing;
    }

    /// <summary>Copies from one chunk; or the pages that are missing for it.</summary>
    ulong ReadChunk(ulong index, int from, IoVec destination)
    {
        int to = from + destination.Length;
        ulong start = index << OscChunk.Shift;
        // Pages behind the known size are zeros: nobody else can have written them while we hold the lock.
        ulong mask = 0;
        if (start + (ulong)from < _kms)
            mask = OscChunk.MaskOfBytes(from, (int)Math.Min((ulong)to, _kms - start));
        OscChunk? chunk = _chunks.Find(index);
        ulong valid = chunk?.Valid ?? 0;
        if ((mask & ~valid) != 0)
            return mask & ~valid;
        int cached = 0;
        if (mask != 0)
        {
            int reach = (64 - System.Numerics.BitOperations.LeadingZeroCount(mask)) << OscChunk.PageShift;
            cached = Math.Min(to, reach) - from;
            chunk!.Buffer!.Span.Slice(from, cached).CopyTo(destination.Span);
            Device.Cache.Used(chunk);
        }
        destination.Span[cached..].Clear();
        Touch(modified: false);
        return 0;
    }

    /// <summary>
    /// Gathers missing pages from one on, as far as they follow each other, up to an end, the known size or a full RPC.
    /// Null when not even the first can be read now. Under the lock.
    /// </summary>
    OscBrw? BuildRead(OscChunk chunk, int first, ulong end)
    {
        end = Math.Min(end, _kms);
        int left = Device.MaxRpcBytes >> OscChunk.PageShift;
        OscBrw? rpc = null;
        ulong index = chunk.Index;
        while (left > 0)
        {
            ulong from = (index << OscChunk.Shift) + ((ulong)first << OscChunk.PageShift);
            if (from >= end)
                break;
            chunk = GetOrAdd(index);
            int last = (int)Math.Min(OscChunk.PageCount - 1, (end - 1 - chunk.Start) >> OscChunk.PageShift);
            ulong free = OscChunk.Mask(first, last) & ~chunk.HeldPages;
            (int runFirst, int count) = free == 0 ? (-1, 0) : OscChunk.TakeRun(ref free);
            if (runFirst != first)
                break;
            count = Math.Min(count, left);
            int reach = (first + count) << OscChunk.PageShift;
            if (!chunk.Reaches(reach))
            {
                if (chunk.IsBusy)
                    break;
                chunk.Grow(Context.Buffers, reach, whole: !_isSmallFile || index > 0 || _kms > 64 << 10);
                Device.Cache.Used(chunk);
            }
            rpc ??= BeginRead(from);
            ulong pages = OscChunk.Mask(first, first + count - 1);
            chunk.Reading |= pages;
            rpc.Add(chunk, pages);
            rpc.Add(from, chunk.Buffer!.Slice(first << OscChunk.PageShift, count << OscChunk.PageShift), BrwFlags.READ);
            left -= count;
            if (first + count < OscChunk.PageCount)
                break;
            first = 0;
            index++;
        }
        return rpc;
    }

    OscBrw BeginRead(ulong offset)
    {
        OscBrw rpc = Device.TakeBrw(this, isWrite: false);
        rpc.Attributes = IoAttributes(offset, isWrite: false);
        return rpc;
    }

    /// <summary>Sends a read that <see cref="BuildRead"/> made, and lets everybody have what it brings.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> RunReadAsync(OscBrw rpc, CancellationToken cancel)
    {
        Result<int> result = await Device.ExecuteAsync(rpc, cancel);
        TaskCompletionSource? progress;
        using (_lock.Enter())
        {
            for (int i = 0; i < rpc.SegmentCount; i++)
            {
                (OscChunk chunk, ulong pages) = rpc[i];
                chunk.Reading &= ~pages;
                if (!result.Failed)
                    chunk.Valid |= pages & ~chunk.Stale;
                chunk.Stale &= ~pages;
            }
            progress = TakeProgress();
        }
        Device.ReturnBrw(rpc);
        progress?.SetResult();
        return result.Error;
    }

    /// <summary>Starts to read what is missing of a range, as far as a lock covers it; waits for nothing.</summary>
    public void Prefetch(ulong start, ulong end)
    {
        ClientLock? held = TryLock(Idl.Ldlm.LockMode.PR, start, start);
        if (held is null)
            return;
        if (held.Extent.End != ulong.MaxValue)
            end = Math.Min(end, held.Extent.End + 1);
        for (int started = 0; started < Device.MaxRpcsInFlight; started++)
        {
            OscBrw? rpc = null;
            using (_lock.Enter())
            {
                end = Math.Min(end, _kms);
                if (FirstMissing(ref start, end) is { } missing)
                    rpc = BuildRead(missing.Chunk, missing.Page, end);
            }
            if (rpc is null)
                break;
            held.AddReference(held.GrantedMode);
            start = rpc.Pieces[0].Offset + (uint)rpc.Bytes;
            Device.Spawn(PrefetchAsync(rpc, held));
        }
        held.Release(held.GrantedMode);
        Device.KeepCacheLimit(this);
    }

    async ValueTask PrefetchAsync(OscBrw rpc, ClientLock held)
    {
        await RunReadAsync(rpc, default);
        held.Release(held.GrantedMode);
    }

    (OscChunk Chunk, int Page)? FirstMissing(ref ulong start, ulong end)
    {
        while (start < end)
        {
            OscChunk chunk = GetOrAdd(start >> OscChunk.Shift);
            ulong wanted = chunk.MaskOfRange(start, end - 1) & ~chunk.HeldPages;
            if (wanted != 0)
                return (chunk, System.Numerics.BitOperations.TrailingZeroCount(wanted));
            start = chunk.Start + OscChunk.Size;
        }
        return null;
    }

    /// <summary>Reads around the cache into the caller's memory, unless the cache has some of it.</summary>
    public async ValueTask<Errno> ReadDirectAsync(ulong offset, IoVec destination, CancellationToken cancel)
    {
        int done = 0;
        while (done < destination.Length)
        {
            ulong at = offset + (ulong)done;
            int piece = (int)Math.Min(
                (ulong)(destination.Length - done), (ulong)Device.MaxRpcBytes - (at % (ulong)Device.MaxRpcBytes));
            IoVec memory = destination.Slice(done, piece);
            OscBrw? rpc = null;
            using (_lock.Enter())
            {
                if (!HoldsAny(at, at + (ulong)piece - 1))
                {
                    rpc = BeginRead(at);
                    rpc.Add(at, memory, BrwFlags.READ | BrwFlags.NOCACHE);
                }
            }
            Errno status;
            if (rpc is null)
            {
                status = await ReadAsync(at, memory, ahead: 0, cancel);
            }
            else
            {
                Result<int> result = await Device.ExecuteAsync(rpc, cancel);
                Device.ReturnBrw(rpc);
                status = result.Error;
            }
            if (status != Errno.OK)
                return status;
            done += piece;
        }
        return Errno.OK;
    }

    bool HoldsAny(ulong start, ulong end)
    {
        for (int i = _chunks.LowerBound(start >> OscChunk.Shift); i < _chunks.Count; i++)
        {
            OscChunk chunk = _chunks[i];
            if (chunk.Start > end)
                return false;
            if ((chunk.HeldPages & chunk.MaskOfRange(start, end)) != 0)
                return true;
        }
        return false;
    }
}
