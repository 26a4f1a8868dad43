using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Mem;

/// <summary>The memory of one I/O with a device in memory.</summary>
sealed unsafe class MemBuffers(MemDevice device) : DtBuffers
{
    IoVec[] _vectors = new IoVec[16];
    MemRun?[] _runs = new MemRun?[16];     // one reference of each; null where merged with the one before
    long[] _offsets = new long[16];        // for writing: where in the body each vector belongs
    int _count;
    int _totalBytes;
    bool _taken;

    public override ReadOnlySpan<IoVec> Vectors => _vectors.AsSpan(0, _count);

    public override int TotalBytes => _totalBytes;

    public MemBuffers? NextFree { get; set; }

    public int Count => _count;

    public MemRun RunAt(int index) => _runs[index]!;

    public long OffsetAt(int index) => _offsets[index];

    public int LengthAt(int index) => _vectors[index].Length;

    /// <summary>Lends a part of a run; the caller makes sure that the run lives.</summary>
    public void Lend(MemRun run, int start, int length)
    {
        _totalBytes += length;
        if (_count > 0 && _runs[_count - 1] == run
            && _vectors[_count - 1].Start + _vectors[_count - 1].Length == run.Start + start)
        {
            _vectors[_count - 1] = new IoVec(_vectors[_count - 1].Start, _vectors[_count - 1].Length + length);
            return;
        }
        run.AddReferences();
        Add(run, new IoVec(run.Start + start, length), 0);
    }

    public void LendZeros(int length)
    {
        MemRun zero = device.Zero;
        while (length > 0)
        {
            int part = Math.Min(length, zero.Length);
            // Never merged: the zeros are one buffer, read again and again.
            _totalBytes += part;
            Add(zero, new IoVec(zero.Start, part), 0);
            length -= part;
        }
    }

    /// <summary>Takes over a run to be filled.</summary>
    public void AddForWrite(MemRun run, int start, int length, long offset)
    {
        _totalBytes += length;
        Add(run, new IoVec(run.Start + start, length), offset);
    }

    public void MarkTaken() => _taken = true;

    public override void Dispose()
    {
        if (!_taken)
            return;
        _taken = false;
        for (int i = 0; i < _count; i++)
        {
            device.Pages.Release(_runs[i]!);
            _runs[i] = null;
        }
        _count = 0;
        _totalBytes = 0;
        device.Return(this);
    }

    void Add(MemRun run, IoVec vector, long offset)
    {
        if (_count == _vectors.Length)
        {
            Array.Resize(ref _vectors, _count * 2);
            Array.Resize(ref _runs, _count * 2);
            Array.Resize(ref _offsets, _count * 2);
        }
        _vectors[_count] = vector;
        _runs[_count] = run;
        _offsets[_count] = offset;
        _count++;
    }
}
