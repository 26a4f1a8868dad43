using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Wire;

namespace Lustrous.Utils.Decode;

/// <summary>Takes pieces off a run of bytes, front to back; never past its end.</summary>
ref struct PartReader(ReadOnlySpan<byte> bytes, bool swabbed)
{
    readonly int _total = bytes.Length;
    ReadOnlySpan<byte> _rest = bytes;

    public List<Part> Parts { get; } = [];

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public readonly bool Swabbed => swabbed;

    public readonly uint PeekUInt32(int offset = 0)
    {
        if (_rest.Length < offset + 4)
            return 0;
        uint value = MemoryMarshal.Read<uint>(_rest[offset..]);
        return swabbed ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>Takes a struct, or nothing when there is not all of it.</summary>
    public bool Struct<T>(string name, out T value) where T : unmanaged, IWireStruct<T>
    {
        value = default;
        if (_rest.Length < Unsafe.SizeOf<T>())
            return false;
        Prefix(name, out value);
        return true;
    }

    public bool Struct<T>(string name) where T : unmanaged, IWireStruct<T> => Struct<T>(name, out _);

    /// <summary>Takes a struct, or as much of it as there is.</summary>
    public void Prefix<T>(string name, out T value) where T : unmanaged, IWireStruct<T>
    {
        value = default;
        int size = Math.Min(Unsafe.SizeOf<T>(), _rest.Length);
        _rest[..size].CopyTo(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        if (swabbed)
            value = T.Swab(in value);
        Add(new StructPart<T>(name, value, size, swabbed));
    }

    /// <summary>Takes structs until less than one is left, or <paramref name="most"/>.</summary>
    public void Structs<T>(string name, int most = int.MaxValue) where T : unmanaged, IWireStruct<T>
    {
        for (int i = 0; i < most && _rest.Length >= Unsafe.SizeOf<T>(); i++)
            Struct<T>($"{name}[{i}]", out _);
    }

    public void UInt16s(string name, int most = int.MaxValue) =>
        Numbers<ushort>(name, most, BinaryPrimitives.ReverseEndianness);

    public void UInt32s(string name, int most = int.MaxValue) =>
        Numbers<uint>(name, most, BinaryPrimitives.ReverseEndianness);

    public void UInt64s(string name, int most = int.MaxValue) =>
        Numbers<ulong>(name, most, BinaryPrimitives.ReverseEndianness);

    /// <summary>Text up to its NUL, in a room of some length that it need not fill.</summary>
    public void Text(string name, int length)
    {
        ReadOnlySpan<byte> room = _rest[..Math.Min(length, _rest.Length)];
        int end = room.IndexOf((byte)0);
        end = end < 0 ? room.Length : end;
        Add(new TextPart(name, room[..end].ToArray(), room[end..].ToArray()));
    }

    /// <summary>Bytes that are the application's.</summary>
    public void Bytes(string name, int length)
    {
        length = Math.Clamp(length, 0, _rest.Length);
        if (length > 0)
            Add(new BytesPart(name, _rest[..length].ToArray()));
    }

    /// <summary>A piece made elsewhere from the next bytes.</summary>
    public void Add(Part part)
    {
        Parts.Add(part);
        _rest = _rest[part.Size..];
    }

    /// <summary>Pads up to a multiple of eight, counted from the start.</summary>
    public void Align(int from)
    {
        int over = (_total - _rest.Length - from) & 7;
        if (over != 0)
            End(Math.Min(8 - over, _rest.Length));
    }

    /// <summary>What is left is unused room, or not understood.</summary>
    public List<Part> Finish()
    {
        End(_rest.Length);
        return Parts;
    }

    void End(int length)
    {
        if (length == 0)
            return;
        ReadOnlySpan<byte> room = _rest[..length];
        Add(room.ContainsAnyExcept((byte)0)
            ? new BytesPart("undecoded", room.ToArray(), understood: false)
            : new ZeroPart(length));
    }

    void Numbers<T>(string name, int most, Func<T, T> reverse) where T : unmanaged
    {
        int count = Math.Min(most, _rest.Length / Unsafe.SizeOf<T>());
        if (count <= 0)
            return;
        T[] values = MemoryMarshal.Cast<byte, T>(_rest)[..count].ToArray();
        if (swabbed)
            values = Array.ConvertAll(values, value => reverse(value));
        Add(new NumbersPart<T>(name, values, swabbed ? reverse : null));
    }
}
