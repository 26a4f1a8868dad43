using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Lustrous.Idl.Wire;

/// <summary>
/// A wire struct as text, <c>mdt_body{fid1 [0x200000401:0x1:0x0] valid SIZE …}</c>, or as a JSON object with the
/// same names.
/// Reserved fields are shown only when a peer put something in them.
/// </summary>
public static class StructPrinter
{
    public static string ToText<T>(in T value) where T : unmanaged, IWireStruct<T>
    {
        var text = new StringBuilder(128);
        AppendText(text, in value);
        return text.ToString();
    }

    public static void AppendText<T>(StringBuilder text, in T value) where T : unmanaged, IWireStruct<T>
    {
        text.Append(T.WireName).Append('{');
        var visitor = new TextVisitor(text);
        T.VisitFields(in value, ref visitor);
        text.Append('}');
    }

    /// <summary>An array by itself: <c>[1 2 3]</c>.</summary>
    public static string ToText<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        var text = new StringBuilder();
        AppendItems(text, values);
        return text.ToString();
    }

    public static string ToJson<T>(in T value) where T : unmanaged, IWireStruct<T>
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes)) WriteJson(json, in value);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Writes one JSON object; the caller wrote the property's name, if it has one.</summary>
    public static void WriteJson<T>(Utf8JsonWriter json, in T value) where T : unmanaged, IWireStruct<T>
    {
        json.WriteStartObject();
        var visitor = new JsonVisitor(json);
        T.VisitFields(in value, ref visitor);
        json.WriteEndObject();
    }

    /// <summary>Characters of a peer up to the first NUL: printable ASCII, the rest as <c>\xNN</c>.</summary>
    internal static string Printable(ReadOnlySpan<byte> characters)
    {
        int end = characters.IndexOf((byte)0);
        if (end >= 0) characters = characters[..end];
        var text = new StringBuilder(characters.Length);
        foreach (byte c in characters)
        {
            if (c is >= 0x20 and < 0x7f and not (byte)'"' and not (byte)'\\') text.Append((char)c);
            else text.Append(CultureInfo.InvariantCulture, $"\\x{c:x2}");
        }
        return text.ToString();
    }

    /// <summary>The same for text that a <c>ToString</c> made of a peer's characters: uuids.</summary>
    internal static string Printable(string? text)
    {
        if (text is null || text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0) return text ?? "";
        return Printable(Encoding.UTF8.GetBytes(text));
    }

    // A reserved field that is all zero says nothing.
    internal static bool Skip<T>(string name, ReadOnlySpan<T> values) where T : unmanaged =>
        IsReserved(name) && !System.Runtime.InteropServices.MemoryMarshal.AsBytes(values).ContainsAnyExcept((byte)0);

    internal static bool IsReserved(string name) =>
        name.StartsWith("pad", StringComparison.Ordinal) || name.StartsWith("unused", StringComparison.Ordinal)
        || name.StartsWith("reserved", StringComparison.Ordinal) || name.StartsWith("spare", StringComparison.Ordinal);

    internal static void AppendItems<T>(StringBuilder text, ReadOnlySpan<T> values) where T : unmanaged
    {
        if (typeof(T) == typeof(byte))
        {
            text.Append("0x").Append(Hex(values));
            return;
        }
        // Zeroes at the end of a table are room not used.
        int used = values.Length;
        while (used > 0 && IsZero(values[used - 1])) used--;
        text.Append('[');
        for (int i = 0; i < used; i++)
        {
            if (i > 0) text.Append(' ');
            text.Append(Printable(values[i].ToString()));
        }
        if (used < values.Length) text.Append(used == 0 ? $"0 × {values.Length}" : $" + 0 × {values.Length - used}");
        text.Append(']');
    }

    internal static string Hex<T>(ReadOnlySpan<T> values) where T : unmanaged =>
        Convert.ToHexStringLower(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values));

    internal static bool IsZero<T>(in T value) where T : unmanaged =>
        !WireBytes.OfReadOnly(in value).ContainsAnyExcept((byte)0);
}
