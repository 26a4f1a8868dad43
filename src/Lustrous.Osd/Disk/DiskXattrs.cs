using System.Buffers.Binary;

namespace Lustrous.Osd.Disk;

/// <summary>An object's extended attributes as they stand in the store, in order of name. Never changed.</summary>
/// <remarks>Of each: bytes of the name (16 bits), bytes of the value (32 bits), name, value.</remarks>
readonly struct DiskXattrs(byte[] bytes)
{
    const int ValueLengthAt = sizeof(ushort), HeaderSize = ValueLengthAt + sizeof(int);

    public static DiskXattrs None => new([]);

    public byte[] Bytes { get; } = bytes;

    public bool IsEmpty => Bytes.Length == 0;

    /// <summary>What one is accounted with.</summary>
    public static int CostOf(int nameLength, int valueLength) => nameLength + valueLength + DiskDevice.XattrOverhead;

    /// <summary>False when they do not fill the bytes.</summary>
    public static bool TryRead(byte[] bytes, out DiskXattrs xattrs)
    {
        xattrs = new DiskXattrs(bytes);
        ReadOnlySpan<byte> rest = bytes;
        while (rest.Length >= HeaderSize)
        {
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            int valueLength = BinaryPrimitives.ReadInt32LittleEndian(rest[ValueLengthAt..]);
            rest = rest[HeaderSize..];
            if (valueLength < 0 || (long)nameLength + valueLength > rest.Length)
                return false;
            rest = rest[(nameLength + valueLength)..];
        }
        return rest.IsEmpty;
    }

    /// <summary>Where it begins, and how long it is with its name; false: there is none, and where it would stand.
    /// </summary>
    public bool TryFind(ReadOnlySpan<byte> name, out int at, out int size, out ReadOnlySpan<byte> value)
    {
        for (at = 0; at < Bytes.Length; at += size)
        {
            ReadOnlySpan<byte> found = At(at, out size, out value);
            int order = name.SequenceCompareTo(found);
            if (order == 0)
                return true;
            if (order < 0)
                break;
        }
        size = 0;
        value = default;
        return false;
    }

    /// <summary>The name of the one that begins there.</summary>
    public ReadOnlySpan<byte> At(int at, out int size, out ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> rest = Bytes.AsSpan(at);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        int valueLength = BinaryPrimitives.ReadInt32LittleEndian(rest[ValueLengthAt..]);
        size = HeaderSize + nameLength + valueLength;
        value = rest.Slice(HeaderSize + nameLength, valueLength);
        return rest.Slice(HeaderSize, nameLength);
    }

    /// <summary>With another in the place of what begins at <paramref name="at"/> and has <paramref name="size"/>
    /// bytes.</summary>
    public DiskXattrs With(int at, int size, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int added = HeaderSize + name.Length + value.Length;
        byte[] bytes = new byte[Bytes.Length - size + added];
        Bytes.AsSpan(0, at).CopyTo(bytes);
        Span<byte> rest = bytes.AsSpan(at);
        BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)name.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest[ValueLengthAt..], value.Length);
        name.CopyTo(rest[HeaderSize..]);
        value.CopyTo(rest[(HeaderSize + name.Length)..]);
        Bytes.AsSpan(at + size).CopyTo(rest[added..]);
        return new DiskXattrs(bytes);
    }

    public DiskXattrs Without(int at, int size)
    {
        byte[] bytes = new byte[Bytes.Length - size];
        Bytes.AsSpan(0, at).CopyTo(bytes);
        Bytes.AsSpan(at + size).CopyTo(bytes.AsSpan(at));
        return new DiskXattrs(bytes);
    }
}
