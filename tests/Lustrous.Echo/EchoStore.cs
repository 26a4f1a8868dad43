using System.IO.MemoryMappedFiles;
using Lustrous.Libcfs;

namespace Lustrous.Echo;

/// <summary>
/// The objects of an echo target. In a file they outlive a kill -9: what was written into the mapping is the kernel's.
/// </summary>
public sealed unsafe class EchoStore : IDisposable
{
    /// <summary>Bytes of one object.</summary>
    public const int ObjectSize = 16 << 20;

    const int MaxObjects = 64;
    const int HeaderSize = 4096;        // which object is in which place

    readonly Lock _lock = new();
    readonly BufferPool _buffers;
    readonly Dictionary<ulong, PooledBuffer> _memory = [];     // guarded by _lock; without a file
    readonly MemoryMappedFile? _file;
    readonly MemoryMappedViewAccessor? _view;
    readonly byte* _start;

    public EchoStore(BufferPool buffers, string? path)
    {
        _buffers = buffers;
        if (path is null)
            return;
        _file = MemoryMappedFile.CreateFromFile(
            path, FileMode.OpenOrCreate, mapName: null, HeaderSize + (long)MaxObjects * ObjectSize);
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>The object, made when there is none; false when there are too many.</summary>
    public bool TryFind(ulong id, out IoVec memory)
    {
        lock (_lock)
            return _file is null ? TryFindInMemory(id, out memory) : TryFindInFile(id, out memory);
    }

    public void Dispose()
    {
        foreach (PooledBuffer memory in _memory.Values)
            memory.Dispose();
        _memory.Clear();
        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _file?.Dispose();
    }

    bool TryFindInMemory(ulong id, out IoVec memory)
    {
        memory = default;
        if (!_memory.TryGetValue(id, out PooledBuffer? found))
        {
            if (_memory.Count == MaxObjects)
                return false;
            found = _buffers.Take(ObjectSize);
            _memory.Add(id, found);
        }
        memory = found.Slice(0, ObjectSize);
        return true;
    }

    bool TryFindInFile(ulong id, out IoVec memory)
    {
        memory = default;
        var ids = new Span<ulong>(_start, MaxObjects);
        int place = ids.IndexOf(id);
        if (place < 0)
            place = ids.IndexOf(0UL);
        if (place < 0)
            return false;
        ids[place] = id;
        memory = new IoVec(_start + HeaderSize + (long)place * ObjectSize, ObjectSize);
        return true;
    }
}
