using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Mem;

/// <summary>A name in a directory; never changed.</summary>
sealed class MemName(ulong hash, byte[] name, in DtEntry entry)
{
    public readonly ulong Hash = hash;
    public readonly byte[] Name = name;
    public readonly DtEntry Entry = entry;
}

/// <summary>Looks for a name, or for the first of a hash.</summary>
readonly ref struct MemNameProbe(ulong hash, ReadOnlySpan<byte> name) : IMemProbe<MemName>
{
    readonly ReadOnlySpan<byte> _name = name;

    public ulong Key { get; } = hash;

    public int CompareTo(MemName entry) => _name.SequenceCompareTo(entry.Name);
}
