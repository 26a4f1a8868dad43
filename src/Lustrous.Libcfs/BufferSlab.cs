using System.Runtime.InteropServices;

namespace Lustrous.Libcfs;

/// <summary>
/// Memory that buffers of one size are cut from: a small buffer's own, or 2 MiB in one huge page, which Linux maps at
/// once where single pages would cost 512 faults.
/// </summary>
sealed unsafe partial class BufferSlab
{
    const int HugePageSize = 2 << 20;
    const int SmallestCut = 64 << 10;       // smaller buffers are few, and a huge page for each size too much
    const int ProtReadWrite = 3, MapPrivateAnonymous = 0x22, MadviseHugePage = 14;

    readonly nuint _size;
    void* _memory;

    public BufferSlab(BufferPool pool, int bufferSize)
    {
        _size = (nuint)(bufferSize < SmallestCut ? bufferSize : Math.Max(bufferSize, HugePageSize));
        _memory = IsMapped ? Map(_size) : NativeMemory.AlignedAlloc(_size, BufferPool.PageSize);
        Buffers = new PooledBuffer[(int)_size / bufferSize];
        for (int i = 0; i < Buffers.Length; i++)
            Buffers[i] = new PooledBuffer(pool, this, (byte*)_memory + ((nint)i * bufferSize), bufferSize);
        Free = Buffers.Length;
    }

    ~BufferSlab() => Unmap();

    public PooledBuffer[] Buffers { get; }

    /// <summary>Buffers that nobody has; guarded by the shelf's lock.</summary>
    public int Free { get; set; }

    bool IsMapped => _size >= SmallestCut;

    public void Unmap()
    {
        void* memory = _memory;
        _memory = null;
        GC.SuppressFinalize(this);
        if (memory is null)
            return;
        foreach (PooledBuffer buffer in Buffers)
            buffer.Forget();
        if (IsMapped)
            munmap(memory, _size);
        else
            NativeMemory.AlignedFree(memory);
    }

    static void* Map(nuint size)
    {
        // A huge page begins at a multiple of its size: what is around it is given back.
        byte* start = (byte*)mmap(null, size + HugePageSize, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        if ((nint)start == -1)
            throw new InsufficientMemoryException($"no {size} bytes for a buffer");
        byte* aligned = (byte*)(((nuint)start + HugePageSize - 1) & ~(nuint)(HugePageSize - 1));
        if (aligned > start)
            munmap(start, (nuint)(aligned - start));
        nuint behind = (nuint)(start + HugePageSize - aligned);
        if (behind > 0)
            munmap(aligned + size, behind);
        // Refused where the kernel has none: the memory is good all the same.
        madvise(aligned, size, MadviseHugePage);
        return aligned;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(
        void* address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc")]
    private static partial void munmap(void* address, nuint length);

    [LibraryImport("libc")]
    private static partial void madvise(void* address, nuint length, int advice);
}
