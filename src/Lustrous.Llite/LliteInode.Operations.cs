namespace Lustrous.Llite;

// Operations of the kernel that wait for a server, and what that means for taking things back from it.
public sealed partial class LliteInode
{
    readonly List<(ulong Start, ulong End)> _transfers = [];    // guarded by _lock: reads and writes under way
    int _operations;                                            // guarded by _lock: on this inode, or in it by name
    TaskCompletionSource? _operationStarted;                    // guarded by _lock
    bool _hasChanged, _isAskedAfterChange;                      // guarded by _lock: names here, by us
    Task? _fetching;
    int _mayMap;                                                // Interlocked: open handles that read and write

    /// <summary>Some handle may read and write, so a program may change the kernel's pages of the file in place, and
    /// may have mapped it for that; closed is a handle only when nothing of it is mapped any more.</summary>
    internal bool MayBeMapped => Volatile.Read(ref _mayMap) > 0;

    internal void AddHandle(LliteFile file)
    {
        if (file.MayRead && file.MayWrite)
            Interlocked.Increment(ref _mayMap);
    }

    internal void RemoveHandle(LliteFile file)
    {
        if (file.MayRead && file.MayWrite)
            Interlocked.Decrement(ref _mayMap);
    }

    /// <summary>A name operation begins that asks a server; <see cref="EndOperation"/> ends it.</summary>
    internal void BeginOperation()
    {
        TaskCompletionSource? waiter;
        using (_lock.Enter())
        {
            _operations++;
            (waiter, _operationStarted) = (_operationStarted, null);
        }
        waiter?.TrySetResult();
    }

    internal void EndOperation()
    {
        using (_lock.Enter())
            _operations--;
    }

    /// <summary>A read or write begins whose pages the kernel has locked.</summary>
    internal void BeginTransfer(ulong start, int length)
    {
        TaskCompletionSource? waiter;
        using (_lock.Enter())
        {
            _transfers.Add((start, start + (ulong)length - 1));
            (waiter, _operationStarted) = (_operationStarted, null);
        }
        waiter?.TrySetResult();
    }

    internal void EndTransfer(ulong start, int length)
    {
        using (_lock.Enter())
            _transfers.Remove((start, start + (ulong)length - 1));
    }

    /// <summary>We change a name in this directory.</summary>
    /// <returns>Whether attributes were asked for since the last such change, and so may be after this one.</returns>
    internal bool NoteChange()
    {
        using (_lock.Enter())
        {
            Fetching = null;
            bool wasAsked = _isAskedAfterChange;
            (_hasChanged, _isAskedAfterChange) = (true, false);
            return wasAsked;
        }
    }

    /// <summary>Attributes are asked for.</summary>
    internal void NoteAsked()
    {
        if (!IsDirectory)
            return;
        using (_lock.Enter())
            _isAskedAfterChange |= _hasChanged;
    }

    /// <summary>What brings the attributes after our last change here; null when nothing does.</summary>
    internal Task? Fetching
    {
        get => Volatile.Read(ref _fetching);
        set => Volatile.Write(ref _fetching, value);
    }

    /// <summary>Completed at once while an operation is under way, else with the next.</summary>
    Task OperationStarted()
    {
        using (_lock.Enter())
        {
            if (_operations > 0 || _transfers.Count > 0)
                return Task.CompletedTask;
            return (_operationStarted ??= new TaskCompletionSource()).Task;
        }
    }

    /// <summary>
    /// Pages of the range leave the kernel. Where a read or write is under way there are none that count: those pages
    /// are locked until it ends, and are taken back then.
    /// </summary>
    async ValueTask InvalidateDataAsync(ulong start, ulong end)
    {
        IKernelCache kernel = _mount.Options.Kernel;
        List<(ulong Start, ulong End)>? busy = null;
        using (_lock.Enter())
        {
            _kernelHasAttributes = 0;
            foreach ((ulong Start, ulong End) transfer in _transfers)
            {
                if (transfer.Start <= end && transfer.End >= start)
                    (busy ??= []).Add(transfer);
            }
        }
        if (busy is null)
        {
            await WithoutUsAsync(kernel.InvalidateInodeAsync(this, true, Offset(start), Length(start, end)), this);
            return;
        }
        busy.Sort();
        ulong at = start;
        foreach ((ulong first, ulong last) in busy)
        {
            ulong page = first & ~(ulong)(BufferPool.PageSize - 1);
            if (page > at)
                await kernel.InvalidateInodeAsync(this, true, Offset(at), Length(at, page - 1));
            ulong next = (last | (BufferPool.PageSize - 1)) + 1;
            ulong from = Math.Max(at, page);
            if (next > from)
                _mount.Watch(kernel.InvalidateInodeAsync(this, true, Offset(from), Length(from, next - 1)));
            at = Math.Max(at, next);
        }
        if (at <= end && at != 0)
            await WithoutUsAsync(kernel.InvalidateInodeAsync(this, true, Offset(at), Length(at, end)), this);
    }

    static long Offset(ulong start) => (long)Math.Min(start, long.MaxValue);

    // 0: to the end.
    static long Length(ulong start, ulong end) =>
        end >= long.MaxValue ? 0 : (long)(end - start + 1);
}
