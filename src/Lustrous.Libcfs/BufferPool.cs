using System.Numerics;
using System.Runtime.InteropServices;

namespace Lustrous.Libcfs;

/// <summary>
/// Pooled, page-aligned native buffers of power-of-two sizes. A buffer has one owner, who returns it by disposing it;
/// <c>Take…</c> methods hand ownership over, <c>Borrow…</c> methods only lend (design rule 6).
/// </summary>
/// <param name="retainBytes">How much free memory the pool keeps for reuse; what comes back beyond that is
/// freed.</param>
public sealed class BufferPool(long retainBytes = 256L << 20)
{
    public const int PageSize = 4096;
    const int SmallestShift = 9;     // 512 B
    const int LargestShift = 24;     // 16 MiB, the largest bulk

    public const int MaxSize = 1 << LargestShift;

    readonly Shelf[] _shelves = CreateShelves();
    long _outstanding;
    long _retained;

    /// <summary>Bytes taken and not yet returned: what a leak check looks at.</summary>
    public long OutstandingBytes => Interlocked.Read(ref _outstanding);

    /// <summary>A buffer of at least <paramref name="size"/> bytes (1 to <see cref="MaxSize"/>); contents are
    /// undefined.</summary>
    public PooledBuffer Take(int size)
    {
        Lassert.That(size is > 0 and <= MaxSize);
        int shelfIndex = Math.Max(SmallestShift, BitOperations.Log2((uint)(size - 1 | 1)) + 1) - SmallestShift;
        if (size <= 1 << SmallestShift)
            shelfIndex = 0;
        Shelf shelf = _shelves[shelfIndex];
        PooledBuffer? buffer = shelf.Pop();
        if (buffer is not null)
            Interlocked.Add(ref _retained, -buffer.Capacity);
        else
            buffer = new PooledBuffer(this, shelf.Size);
        Interlocked.Add(ref _outstanding, shelf.Size);
        buffer.MarkTaken();
        return buffer;
    }

    internal void Return(PooledBuffer buffer)
    {
        Interlocked.Add(ref _outstanding, -buffer.Capacity);
        if (Interlocked.Add(ref _retained, buffer.Capacity) > retainBytes)
        {
            Interlocked.Add(ref _retained, -buffer.Capacity);
            buffer.Free();
            return;
        }
        _shelves[BitOperations.Log2((uint)buffer.Capacity) - SmallestShift].Push(buffer);
    }

    static Shelf[] CreateShelves()
    {
        var shelves = new Shelf[LargestShift - SmallestShift + 1];
        for (int i = 0; i < shelves.Length; i++)
            shelves[i] = new Shelf(1 << (i + SmallestShift));
        return shelves;
    }

    /// <summary>The free buffers of one size, linked through themselves so that taking and returning allocate
    /// nothing.</summary>
    sealed class Shelf(int size)
    {
        readonly Lock _lock = new();
        PooledBuffer? _top; // guarded by _lock

        public int Size => size;

        public void Push(PooledBuffer buffer)
        {
            lock (_lock)
            {
                buffer.NextFree = _top;
                _top = buffer;
            }
        }

        public PooledBuffer? Pop()
        {
            lock (_lock)
            {
                PooledBuffer? buffer = _top;
                if (buffer is not null)
                {
                    _top = buffer.NextFree;
                    buffer.NextFree = null;
                }
                return buffer;
            }
        }
    }
}

/// <summary>One buffer of a <see cref="BufferPool"/>: memory at a fixed address with one owner.</summary>
public sealed unsafe class PooledBuffer : IDisposable
{
    readonly BufferPool _pool;
    byte* _memory;
    int _taken;

    internal PooledBuffer(BufferPool pool, int capacity)
    {
        _pool = pool;
        Capacity = capacity;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, BufferPool.PageSize);
    }

    ~PooledBuffer() => Free();

    internal PooledBuffer? NextFree { get; set; }

    /// <summary>Usable bytes, at least what was asked for.</summary>
    public int Capacity { get; }

    public byte* Start => _memory;

    public Span<byte> Span => new(_memory, Capacity);

    public IoVec Slice(int offset, int length) => new IoVec(_memory, Capacity).Slice(offset, length);

    /// <summary>Gives the buffer back; it and everything borrowed from it must not be touched afterwards.</summary>
    public void Dispose()
    {
        Lassert.That(Interlocked.Exchange(ref _taken, 0) == 1, "a buffer was returned to its pool twice");
        _pool.Return(this);
    }

    internal void MarkTaken() => _taken = 1;

    internal void Free()
    {
        byte* memory = _memory;
        _memory = null;
        if (memory is not null)
            NativeMemory.AlignedFree(memory);
        GC.SuppressFinalize(this);
    }
}
