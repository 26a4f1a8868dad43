using System.Buffers.Binary;
using Lustrous.Idl.Fids;

namespace Lustrous.Osd.Disk.Store;

/// <summary>
/// Keys of the store: a letter for what it is, then numbers with their highest byte first, so that what belongs
/// together lies together and in order. An object's number is its own for ever, also when its FID is used again.
/// </summary>
static class DiskKey
{
    /// <summary>The device's own record.</summary>
    public const byte Meta = (byte)'M';

    /// <summary>FID: the object with its attributes.</summary>
    public const byte Object = (byte)'F';

    /// <summary>Number, hash, name: what a name in a directory stands for.</summary>
    public const byte Name = (byte)'N';

    /// <summary>Number, key: a record of an index.</summary>
    public const byte Record = (byte)'R';

    /// <summary>Number: all extended attributes.</summary>
    public const byte Xattrs = (byte)'X';

    /// <summary>Number, block: blocks of a body that lie together.</summary>
    public const byte Extent = (byte)'E';

    /// <summary>Number, piece: bytes of a body that are kept in the store.</summary>
    public const byte Piece = (byte)'B';

    /// <summary>Number: a file whose object is destroyed, and which has to go.</summary>
    public const byte Doomed = (byte)'D';

    /// <summary>Letter and number.</summary>
    public const int PrefixSize = 9;
    public const int NumberedSize = PrefixSize + sizeof(ulong);
    public const int ObjectSize = 17;
    public const int MaxNameSize = NumberedSize + 255;

    public static ReadOnlySpan<byte> MetaKey => "M"u8;

    public static ReadOnlySpan<byte> OfObject(in Fid fid, Span<byte> into)
    {
        into[0] = Object;
        BinaryPrimitives.WriteUInt64BigEndian(into[1..], fid.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(into[9..], fid.ObjectId);
        BinaryPrimitives.WriteUInt32BigEndian(into[13..], fid.Version);
        return into[..ObjectSize];
    }

    public static ReadOnlySpan<byte> OfNumber(byte letter, ulong number, Span<byte> into)
    {
        into[0] = letter;
        BinaryPrimitives.WriteUInt64BigEndian(into[1..], number);
        return into[..PrefixSize];
    }

    public static ReadOnlySpan<byte> OfNumbered(byte letter, ulong number, ulong at, Span<byte> into)
    {
        OfNumber(letter, number, into);
        BinaryPrimitives.WriteUInt64BigEndian(into[PrefixSize..], at);
        return into[..NumberedSize];
    }

    public static ReadOnlySpan<byte> OfName(ulong number, ulong hash, ReadOnlySpan<byte> name, Span<byte> into)
    {
        OfNumbered(Name, number, hash, into);
        name.CopyTo(into[NumberedSize..]);
        return into[..(NumberedSize + name.Length)];
    }

    public static byte[] OfRecord(ulong number, ReadOnlySpan<byte> key)
    {
        byte[] whole = new byte[PrefixSize + key.Length];
        OfRecord(number, key, whole);
        return whole;
    }

    /// <summary>In memory of its own where there is no room.</summary>
    public static ReadOnlySpan<byte> OfRecord(ulong number, ReadOnlySpan<byte> key, Span<byte> into)
    {
        if (into.Length < PrefixSize + key.Length)
            return OfRecord(number, key);
        OfNumber(Record, number, into);
        key.CopyTo(into[PrefixSize..]);
        return into[..(PrefixSize + key.Length)];
    }

    /// <summary>Of the FID in an object's key.</summary>
    public static uint ObjectIdOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt32BigEndian(key[PrefixSize..]);

    public static ulong NumberOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt64BigEndian(key[1..]);

    /// <summary>The number behind the object's: a hash, a block, a piece.</summary>
    public static ulong At(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt64BigEndian(key[PrefixSize..]);
}
