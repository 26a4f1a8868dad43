using System.Runtime.InteropServices;

namespace Lustrous.Osd.Disk;

/// <summary>Transactions that have stopped, as the journal will have them.</summary>
sealed class DiskLine
{
    const int KeptBytes = 1 << 20;

    readonly List<(ulong Sequence, int Length)> _records = [];
    byte[] _bytes = new byte[4096];
    int _length;

    public bool IsEmpty => _records.Count == 0;

    /// <summary>In order; their bytes lie one behind the other.</summary>
    public ReadOnlySpan<(ulong Sequence, int Length)> Records => CollectionsMarshal.AsSpan(_records);

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Add(ulong sequence, ReadOnlySpan<byte> record)
    {
        if (_length + record.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_length + record.Length, _bytes.Length * 2));
        record.CopyTo(_bytes.AsSpan(_length));
        _length += record.Length;
        _records.Add((sequence, record.Length));
    }

    public void Clear()
    {
        _records.Clear();
        _length = 0;
        if (_bytes.Length > KeptBytes)
            _bytes = new byte[4096];
    }
}
