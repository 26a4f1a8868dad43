using System.Numerics;

namespace Lustrous.Osd.Mem;

/// <summary>Gives out and takes back the memory of bodies.</summary>
/// <param name="buffers">Where it comes from, 64 KiB at a time.</param>
sealed class MemPages(BufferPool buffers)
{
    public const int PageShift = 12;
    public const int PageSize = 1 << PageShift;

    /// <summary>What a large write is received into: sixteen pages, aligned in the body.</summary>
    public const int RunSize = 64 << 10;

    const int SmallestShift = 9;
    const int RetainedRuns = 4096;

    readonly RankedLock _lock = new(77, "osd_mem_pages");
    readonly MemSlab?[] _partial = new MemSlab?[PageShift - SmallestShift + 1];     // guarded by _lock, by size
    MemSlab? _freeSlabs;    // guarded by _lock: without memory, to be used again
    MemRun? _freeRuns;      // guarded by _lock
    int _freeRunCount;      // guarded by _lock

    /// <summary>A whole run, contents undefined, one reference.</summary>
    public MemRun TakeRun()
    {
        PooledBuffer buffer = buffers.Take(RunSize);
        MemRun run;
        using (_lock.Enter())
            run = TakeRunObject();
        run.Hold(buffer, RunSize);
        return run;
    }

    /// <summary>One page, or a shorter piece where less will do; contents undefined, one reference.</summary>
    public MemRun TakePage(int size = PageSize)
    {
        int shelf = size <= 1 << SmallestShift ? 0 : BitOperations.Log2((uint)(size - 1)) + 1 - SmallestShift;
        while (true)
        {
            using (_lock.Enter())
            {
                if (_partial[shelf] is { } slab)
                {
                    MemRun run = TakeRunObject();
                    run.Hold(slab, slab.Take());
                    if (slab.IsFull)
                        Unlink(shelf, slab);
                    return run;
                }
            }
            PooledBuffer memory = buffers.Take(MemSlab.Size);
            using (_lock.Enter())
            {
                MemSlab added = _freeSlabs ?? new MemSlab();
                _freeSlabs = added.Next;
                added.Hold(memory, 1 << (shelf + SmallestShift));
                Link(shelf, added);
            }
        }
    }

    /// <summary>Gives references up; the memory goes back with the last one.</summary>
    public void Release(MemRun run, int count = 1)
    {
        if (!run.Drop(count))
            return;
        PooledBuffer? buffer = run.Buffer;
        using (_lock.Enter())
        {
            if (run.Slab is { } slab)
            {
                int shelf = BitOperations.Log2((uint)slab.SlotSize) - SmallestShift;
                bool wasFull = slab.IsFull;
                slab.Return(run.Slot);
                if (wasFull)
                    Link(shelf, slab);
                if (slab.IsEmpty)
                {
                    Unlink(shelf, slab);
                    buffer = slab.TakeBuffer();
                    slab.Next = _freeSlabs;
                    _freeSlabs = slab;
                }
            }
            run.Clear();
            if (_freeRunCount < RetainedRuns)
            {
                run.NextFree = _freeRuns;
                _freeRuns = run;
                _freeRunCount++;
            }
        }
        buffer?.Dispose();
    }

    MemRun TakeRunObject()
    {
        if (_freeRuns is not { } run)
            return new MemRun();
        _freeRuns = run.NextFree;
        run.NextFree = null;
        _freeRunCount--;
        return run;
    }

    void Link(int shelf, MemSlab slab)
    {
        slab.Previous = null;
        slab.Next = _partial[shelf];
        if (slab.Next is { } next)
            next.Previous = slab;
        _partial[shelf] = slab;
    }

    void Unlink(int shelf, MemSlab slab)
    {
        if (slab.Previous is { } previous)
            previous.Next = slab.Next;
        else
            _partial[shelf] = slab.Next;
        if (slab.Next is { } next)
            next.Previous = slab.Previous;
        slab.Previous = slab.Next = null;
    }
}
