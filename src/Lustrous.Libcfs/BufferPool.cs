using System.Numerics;

namespace Lustrous.Libcfs;

/// <summary>
/// Pooled, page-aligned native buffers of power-of-two sizes. A buffer has one owner, who returns it by disposing it;
/// <c>Take…</c> methods hand ownership over, <c>Borrow…</c> methods only lend (design rule 6).
/// </summary>
/// <remarks>Memory that Linux has to find, clear and map costs more than what is then done with it, so free buffers are
/// kept, and large ones are cut from huge pages. What was not needed for a while goes back by <see cref="Trim"/>.
/// </remarks>
/// <param name="retainBytes">How much free memory the pool keeps for reuse; what comes back beyond that is
/// freed.</param>
public sealed class BufferPool(long retainBytes = BufferPool.DefaultRetainBytes)
{
    public const int PageSize = 4096;
    public const long DefaultRetainBytes = 1L << 30;
    const int SmallestShift = 9;     // 512 B
    const int LargestShift = 24;     // 16 MiB, the largest bulk

    public const int MaxSize = 1 << LargestShift;

    readonly Shelf[] _shelves = CreateShelves();
    long _outstanding;
    long _retained;

    /// <summary>Bytes taken and not yet returned: what a leak check looks at.</summary>
    public long OutstandingBytes => Interlocked.Read(ref _outstanding);

    /// <summary>Bytes of free buffers that wait for somebody to take them.</summary>
    public long RetainedBytes => Interlocked.Read(ref _retained);

    /// <summary>A buffer of at least <paramref name="size"/> bytes (1 to <see cref="MaxSize"/>); contents are
    /// undefined.</summary>
    public PooledBuffer Take(int size)
    {
        Lassert.That(size is > 0 and <= MaxSize);
        int shelfIndex = Math.Max(SmallestShift, BitOperations.Log2((uint)(size - 1 | 1)) + 1) - SmallestShift;
        if (size <= 1 << SmallestShift)
            shelfIndex = 0;
        PooledBuffer buffer = _shelves[shelfIndex].Pop(this);
        Interlocked.Add(ref _outstanding, buffer.Capacity);
        buffer.MarkTaken();
        return buffer;
    }

    /// <summary>Frees what nobody has taken since the last call; to be called from time to time.</summary>
    public void Trim()
    {
        foreach (Shelf shelf in _shelves)
            Interlocked.Add(ref _retained, -shelf.Trim());
    }

    internal void Return(PooledBuffer buffer)
    {
        Interlocked.Add(ref _outstanding, -buffer.Capacity);
        bool isFull = Interlocked.Add(ref _retained, buffer.Capacity) > retainBytes;
        long freed = _shelves[BitOperations.Log2((uint)buffer.Capacity) - SmallestShift].Push(buffer, isFull);
        if (freed > 0)
            Interlocked.Add(ref _retained, -freed);
    }

    static Shelf[] CreateShelves()
    {
        var shelves = new Shelf[LargestShift - SmallestShift + 1];
        for (int i = 0; i < shelves.Length; i++)
            shelves[i] = new Shelf(1 << (i + SmallestShift));
        return shelves;
    }

    /// <summary>The free buffers of one size, linked through themselves so that taking and returning allocate
    /// nothing. The last to come is the first to go: it is most likely still in the processor's cache.</summary>
    sealed class Shelf(int size)
    {
        readonly Lock _lock = new();
        PooledBuffer? _top;         // guarded by _lock
        long _freeBytes;            // guarded by _lock
        long _leastFreeBytes;       // guarded by _lock: since the last Trim

        public PooledBuffer Pop(BufferPool pool)
        {
            lock (_lock)
            {
                if (_top is null)
                    AddSlab(pool);
                else
                    Interlocked.Add(ref pool._retained, -size);
                PooledBuffer buffer = _top!;
                Unlink(buffer);
                buffer.Slab.Free--;
                return buffer;
            }
        }

        /// <returns>Bytes that were freed.</returns>
        public long Push(PooledBuffer buffer, bool isFull)
        {
            lock (_lock)
            {
                Link(buffer);
                buffer.Slab.Free++;
                return isFull ? FreeSlab(buffer.Slab) : 0;
            }
        }

        /// <returns>Bytes that were freed.</returns>
        public long Trim()
        {
            lock (_lock)
            {
                long freed = 0;
                long unused = _leastFreeBytes;
                for (PooledBuffer? at = _top; at is not null && freed < unused;)
                {
                    // Freeing a slab takes its buffers out wherever they are: the walk goes on behind all of them.
                    BufferSlab slab = at.Slab;
                    PooledBuffer? next = at.Below;
                    while (next is not null && next.Slab == slab)
                        next = next.Below;
                    freed += FreeSlab(slab);
                    at = next;
                }
                _leastFreeBytes = _freeBytes;
                return freed;
            }
        }

        void AddSlab(BufferPool pool)
        {
            var slab = new BufferSlab(pool, size);
            foreach (PooledBuffer buffer in slab.Buffers)
                Link(buffer);
            Interlocked.Add(ref pool._retained, _freeBytes - size);
        }

        long FreeSlab(BufferSlab slab)
        {
            if (slab.Free < slab.Buffers.Length)
                return 0;
            foreach (PooledBuffer buffer in slab.Buffers)
                Unlink(buffer);
            slab.Unmap();
            return (long)size * slab.Buffers.Length;
        }

        void Link(PooledBuffer buffer)
        {
            buffer.Below = _top;
            if (_top is { } top)
                top.Above = buffer;
            _top = buffer;
            _freeBytes += size;
        }

        void Unlink(PooledBuffer buffer)
        {
            if (buffer.Above is { } above)
                above.Below = buffer.Below;
            else
                _top = buffer.Below;
            if (buffer.Below is { } below)
                below.Above = buffer.Above;
            buffer.Above = buffer.Below = null;
            _freeBytes -= size;
            _leastFreeBytes = Math.Min(_leastFreeBytes, _freeBytes);
        }
    }
}
