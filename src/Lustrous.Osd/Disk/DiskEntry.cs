using System.Buffers.Binary;
using Lustrous.Osd.Disk.Store;
using Lustrous.Osd.Mem;

namespace Lustrous.Osd.Disk;

/// <summary>A key of an object that is not in the store as it should be: its value of now. Guarded by the object's
/// lock.</summary>
sealed class DiskEntry(byte[] key)
{
    public readonly byte[] Key = key;

    /// <summary>Null: the key is gone.</summary>
    public byte[]? Value;

    /// <summary>Transactions that go on and have changed it, and groups that the store does not have yet; without any
    /// it is forgotten.</summary>
    public int Users;

    /// <summary>The last group that keeps it.</summary>
    public ulong Group;

    /// <summary>Its value in what goes to the store next.</summary>
    public DiskSlot Slot;

    /// <summary>Changes of it by transactions that have not stopped.</summary>
    public int Open;

    /// <summary>It is in the object's list of those.</summary>
    public bool IsListed;

    /// <summary>Who changed it last, and need not note it again.</summary>
    public DiskTransaction? LastUser;
}

/// <summary>Looks for a key among those of one object and one letter.</summary>
readonly ref struct DiskProbe : IMemProbe<DiskEntry>
{
    readonly ReadOnlySpan<byte> _key;

    public DiskProbe(ReadOnlySpan<byte> key)
    {
        _key = key;
        // The eight bytes behind the prefix order most keys.
        Span<byte> first = stackalloc byte[sizeof(ulong)];
        first.Clear();
        ReadOnlySpan<byte> rest = key[Math.Min(key.Length, DiskKey.PrefixSize)..];
        rest[..Math.Min(rest.Length, sizeof(ulong))].CopyTo(first);
        Key = BinaryPrimitives.ReadUInt64BigEndian(first);
    }

    public ulong Key { get; }

    public int CompareTo(DiskEntry entry) => _key.SequenceCompareTo(entry.Key);
}
