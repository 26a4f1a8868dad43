using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Disk;

/// <summary>The memory of one I/O with a device on a disk: pieces that begin and end with blocks of the body, so that
/// files are read into and written from the very memory of the network.</summary>
sealed unsafe class DiskBuffers(DiskDevice device) : DtBuffers
{
    const int PieceShift = 20;
    const int PieceBytes = 1 << PieceShift;

    IoVec[] _vectors = new IoVec[4];
    PooledBuffer?[] _memory = new PooledBuffer?[4];
    long[] _offsets = new long[4];
    int _count;
    int _totalBytes;
    bool _taken;

    public override ReadOnlySpan<IoVec> Vectors => _vectors.AsSpan(0, _count);

    public override int TotalBytes => _totalBytes;

    public DiskBuffers? NextFree { get; set; }

    public int Count => _count;

    /// <summary>Parts of the I/O under way that are in a file.</summary>
    public List<DiskPart> Parts { get; } = [];

    /// <summary>Of the object's map when the parts were looked up.</summary>
    public long Generation { get; set; }

    public long OffsetAt(int index) => _offsets[index];

    public int LengthAt(int index) => _vectors[index].Length;

    /// <summary>The bytes of a piece.</summary>
    public Span<byte> SpanAt(int index) => _vectors[index].Span;

    /// <summary>The memory of a block that lies in a piece, at least in part.</summary>
    public byte* BlockAt(int index, long block) =>
        _memory[index]!.Start + ((block - (_offsets[index] >> DiskBlock.Shift)) << DiskBlock.Shift);

    /// <summary>Adds memory for a range, a piece for each MiB of the body.</summary>
    public void Add(long offset, int length)
    {
        while (length > 0)
        {
            int part = (int)Math.Min(length, PieceBytes - (offset & (PieceBytes - 1)));
            int within = (int)(offset & DiskBlock.Mask);
            PooledBuffer memory = device.Buffers.Take((int)DiskBlock.RoundUp(within + part));
            if (_count == _vectors.Length)
            {
                Array.Resize(ref _vectors, _count * 2);
                Array.Resize(ref _memory, _count * 2);
                Array.Resize(ref _offsets, _count * 2);
            }
            _vectors[_count] = memory.Slice(within, part);
            _memory[_count] = memory;
            _offsets[_count] = offset;
            _count++;
            _totalBytes += part;
            offset += part;
            length -= part;
        }
    }

    /// <summary>The range that neighbouring pieces from <paramref name="index"/> on make; moves it behind
    /// them.</summary>
    public (long Start, long End) RangeFrom(ref int index)
    {
        long start = _offsets[index];
        long end = start;
        for (; index < _count && _offsets[index] == end; index++)
            end += _vectors[index].Length;
        return (start, end);
    }

    public void MarkTaken() => _taken = true;

    public override void Dispose()
    {
        if (!_taken)
            return;
        _taken = false;
        for (int i = 0; i < _count; i++)
        {
            _memory[i]!.Dispose();
            _memory[i] = null;
        }
        _count = 0;
        _totalBytes = 0;
        Parts.Clear();
        device.Return(this);
    }
}
