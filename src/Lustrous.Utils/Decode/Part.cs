using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Lustrous.Idl.Wire;

namespace Lustrous.Utils.Decode;

/// <summary>A decoded piece of a message: knows its value, and can write it back as bytes.</summary>
abstract class Part(string name)
{
    public string Name { get; } = name;

    /// <summary>Bytes on the wire.</summary>
    public abstract int Size { get; }

    /// <summary>Bytes that no format accounts for.</summary>
    public virtual int Undecoded => 0;

    public abstract void Encode(Span<byte> bytes);

    public abstract string ToText();

    public abstract void WriteJson(Utf8JsonWriter json);

    /// <summary>Pieces inside it, shown below it.</summary>
    public virtual IReadOnlyList<Part> Inner => [];
}

/// <summary>A wire struct; of an older peer possibly only its beginning.</summary>
sealed class StructPart<T>(string name, T value, int size, bool swabbed) : Part(name)
    where T : unmanaged, IWireStruct<T>
{
    public T Value => value;

    public override int Size => size;

    public override void Encode(Span<byte> bytes)
    {
        T wire = swabbed ? T.Swab(in value) : value;
        WireBytes.OfReadOnly(in wire)[..size].CopyTo(bytes);
    }

    public override string ToText() => StructPrinter.ToText(in value);

    public override void WriteJson(Utf8JsonWriter json) => StructPrinter.WriteJson(json, in value);
}

/// <summary>An integer, or a run of them.</summary>
sealed class NumbersPart<T>(string name, T[] values, Func<T, T>? swab) : Part(name) where T : unmanaged
{
    public override int Size => values.Length * Unsafe.SizeOf<T>();

    public override void Encode(Span<byte> bytes)
    {
        T[] wire = swab is null ? values : Array.ConvertAll(values, value => swab(value));
        MemoryMarshal.AsBytes(wire.AsSpan()).CopyTo(bytes);
    }

    public override string ToText() => values.Length == 1 ? $"{values[0]}" : StructPrinter.ToText<T>(values);

    public override void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (T value in values)
            json.WriteRawValue($"{value}");
        json.WriteEndArray();
    }
}

/// <summary>Text, the NUL after it if there is one, and what is left of its room.</summary>
sealed class TextPart(string name, byte[] characters, byte[] after) : Part(name)
{
    public string Text => Encoding.UTF8.GetString(characters);

    public override int Size => characters.Length + after.Length;

    public override void Encode(Span<byte> bytes)
    {
        characters.CopyTo(bytes);
        after.CopyTo(bytes[characters.Length..]);
    }

    public override string ToText() => '"' + DecodeText.Printable(characters) + '"';

    public override void WriteJson(Utf8JsonWriter json) => json.WriteStringValue(DecodeText.Printable(characters));
}

/// <summary>Bytes whose meaning is the application's: file data, values of extended attributes.</summary>
sealed class BytesPart(string name, byte[] bytes, bool understood = true) : Part(name)
{
    const int MaxShown = 64;

    public override int Size => bytes.Length;

    public override int Undecoded => understood ? 0 : bytes.Length;

    public override void Encode(Span<byte> target) => bytes.CopyTo(target);

    public override string ToText()
    {
        string hex = Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, MaxShown)));
        return $"{bytes.Length} bytes {hex}{(bytes.Length > MaxShown ? "…" : "")}";
    }

    public override void WriteJson(Utf8JsonWriter json) =>
        json.WriteStringValue(bytes.Length > MaxShown ? ToText() : Convert.ToHexStringLower(bytes));
}

/// <summary>Room that was not used.</summary>
sealed class ZeroPart(int size) : Part("unused")
{
    public override int Size => size;

    public override void Encode(Span<byte> bytes) => bytes[..size].Clear();

    public override string ToText() => $"{size} zero bytes";

    public override void WriteJson(Utf8JsonWriter json) => json.WriteNumberValue(size);
}

/// <summary>Several pieces one after another.</summary>
sealed class GroupPart(string name, List<Part> parts) : Part(name)
{
    public override int Size => parts.Sum(part => part.Size);

    public override int Undecoded => parts.Sum(part => part.Undecoded);

    public override IReadOnlyList<Part> Inner => parts;

    public override void Encode(Span<byte> bytes)
    {
        foreach (Part part in parts)
        {
            part.Encode(bytes);
            bytes = bytes[part.Size..];
        }
    }

    public override string ToText() => "";

    public override void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        Dictionary<string, int> seen = [];
        foreach (Part part in parts)
        {
            // Counted for each name, so that a reply of many like parts is not searched for each of them.
            seen[part.Name] = seen.GetValueOrDefault(part.Name) + 1;
            int number = seen[part.Name];
            json.WritePropertyName(number == 1 ? part.Name : $"{part.Name}_{number}");
            part.WriteJson(json);
        }
        json.WriteEndObject();
    }
}
