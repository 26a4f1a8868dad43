using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Lustrous.Idl.Wire;

/// <summary>Fields as members of a JSON object: integers as numbers, any other single value as a string.</summary>
readonly ref struct JsonVisitor(Utf8JsonWriter json) : IWireFieldVisitor
{
    public void Value<T>(string name, T value) where T : unmanaged
    {
        if (StructPrinter.Skip(name, new ReadOnlySpan<T>(in value))) return;
        json.WritePropertyName(name);
        Item(value);
    }

    public void Struct<T>(string name, scoped in T value) where T : unmanaged, IWireStruct<T>
    {
        if (StructPrinter.Skip(name, new ReadOnlySpan<T>(in value))) return;
        json.WritePropertyName(name);
        StructPrinter.WriteJson(json, in value);
    }

    public void Array<T>(string name, scoped ReadOnlySpan<T> values) where T : unmanaged
    {
        if (StructPrinter.Skip(name, values)) return;
        if (typeof(T) == typeof(byte))
        {
            json.WriteString(name, StructPrinter.Hex(values));
            return;
        }
        json.WriteStartArray(name);
        foreach (T value in values) Item(value);
        json.WriteEndArray();
    }

    public void Text(string name, scoped ReadOnlySpan<byte> characters)
    {
        if (StructPrinter.Skip(name, characters)) return;
        json.WriteString(name, StructPrinter.Printable(characters));
    }

    public void StructArray<T>(string name, scoped ReadOnlySpan<T> values) where T : unmanaged, IWireStruct<T>
    {
        if (StructPrinter.Skip(name, values)) return;
        json.WriteStartArray(name);
        foreach (ref readonly T value in values) StructPrinter.WriteJson(json, in value);
        json.WriteEndArray();
    }

    // 64-bit numbers beyond 2^53 stay exact here; a reader that keeps numbers as doubles is told so in the manual.
    void Item<T>(T value) where T : unmanaged
    {
        if (typeof(T) == typeof(byte)) json.WriteNumberValue(Unsafe.BitCast<T, byte>(value));
        else if (typeof(T) == typeof(sbyte)) json.WriteNumberValue(Unsafe.BitCast<T, sbyte>(value));
        else if (typeof(T) == typeof(ushort)) json.WriteNumberValue(Unsafe.BitCast<T, ushort>(value));
        else if (typeof(T) == typeof(short)) json.WriteNumberValue(Unsafe.BitCast<T, short>(value));
        else if (typeof(T) == typeof(uint)) json.WriteNumberValue(Unsafe.BitCast<T, uint>(value));
        else if (typeof(T) == typeof(int)) json.WriteNumberValue(Unsafe.BitCast<T, int>(value));
        else if (typeof(T) == typeof(ulong)) json.WriteNumberValue(Unsafe.BitCast<T, ulong>(value));
        else if (typeof(T) == typeof(long)) json.WriteNumberValue(Unsafe.BitCast<T, long>(value));
        else json.WriteStringValue(value.ToString());
    }
}
