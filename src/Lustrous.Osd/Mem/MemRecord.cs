using System.Buffers.Binary;

namespace Lustrous.Osd.Mem;

/// <summary>A record of an index; its bytes change under the object's lock only.</summary>
sealed class MemRecord(byte[] key, byte[] record)
{
    public readonly byte[] Key = key;
    public readonly byte[] Record = record;
}

/// <summary>Looks for a key.</summary>
readonly ref struct MemRecordProbe : IMemProbe<MemRecord>
{
    readonly ReadOnlySpan<byte> _key;

    public MemRecordProbe(ReadOnlySpan<byte> key)
    {
        _key = key;
        // The first eight bytes order most keys.
        Span<byte> first = stackalloc byte[sizeof(ulong)];
        first.Clear();
        key[..Math.Min(key.Length, sizeof(ulong))].CopyTo(first);
        Key = BinaryPrimitives.ReadUInt64BigEndian(first);
    }

    public ulong Key { get; }

    public int CompareTo(MemRecord entry) => _key.SequenceCompareTo(entry.Key);
}
