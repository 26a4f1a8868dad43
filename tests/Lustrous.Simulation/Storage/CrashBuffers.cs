using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Simulation.Storage;

/// <summary>Memory of one I/O that remembers which ranges it is for.</summary>
sealed class CrashBuffers(DtBuffers live) : DtBuffers
{
    readonly List<(long Offset, int Length)> _ranges = [];

    public DtBuffers Live => live;

    public override ReadOnlySpan<IoVec> Vectors => live.Vectors;

    public override int TotalBytes => live.TotalBytes;

    public void Add(long offset, int length) => _ranges.Add((offset, length));

    /// <summary>What was filled, by range.</summary>
    public List<(long Offset, byte[] Bytes)> Copy()
    {
        var all = new List<(long, byte[])>();
        byte[] bytes = new byte[TotalBytes];
        int at = 0;
        foreach (IoVec vector in Vectors)
        {
            vector.Span.CopyTo(bytes.AsSpan(at));
            at += vector.Length;
        }
        at = 0;
        foreach ((long offset, int length) in _ranges)
        {
            all.Add((offset, bytes[at..(at + length)]));
            at += length;
        }
        return all;
    }

    public override void Dispose()
    {
        _ranges.Clear();
        live.Dispose();
    }
}
