namespace Lustrous.Libcfs;

/// <summary>One buffer of a <see cref="BufferPool"/>: memory at a fixed address with one owner.</summary>
public sealed unsafe class PooledBuffer : IDisposable
{
    readonly BufferPool _pool;
    byte* _memory;
    int _taken;

    internal PooledBuffer(BufferPool pool, BufferSlab slab, byte* memory, int capacity)
    {
        (_pool, Slab, Capacity) = (pool, slab, capacity);
        _memory = memory;
    }

    /// <summary>What it was cut from; it lives as long as one of its buffers is known to anybody.</summary>
    internal BufferSlab Slab { get; }

    /// <summary>Neighbours among the free ones.</summary>
    internal PooledBuffer? Above { get; set; }

    internal PooledBuffer? Below { get; set; }

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

    internal void Forget() => _memory = null;
}
