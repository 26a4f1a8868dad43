using System.Text;

namespace Lustrous.Idl.Wire;

/// <summary>Fields as <c>name value name value</c>.</summary>
readonly ref struct TextVisitor(StringBuilder text) : IWireFieldVisitor
{
    public void Value<T>(string name, T value) where T : unmanaged
    {
        if (StructPrinter.Skip(name, new ReadOnlySpan<T>(in value))) return;
        Name(name).Append(StructPrinter.Printable(value.ToString()));
    }

    public void Struct<T>(string name, scoped in T value) where T : unmanaged, IWireStruct<T>
    {
        if (StructPrinter.Skip(name, new ReadOnlySpan<T>(in value))) return;
        Name(name);
        StructPrinter.AppendText(text, in value);
    }

    public void Array<T>(string name, scoped ReadOnlySpan<T> values) where T : unmanaged
    {
        if (StructPrinter.Skip(name, values)) return;
        StructPrinter.AppendItems(Name(name), values);
    }

    public void Text(string name, scoped ReadOnlySpan<byte> characters)
    {
        if (StructPrinter.Skip(name, characters)) return;
        Name(name).Append('"').Append(StructPrinter.Printable(characters)).Append('"');
    }

    public void StructArray<T>(string name, scoped ReadOnlySpan<T> values) where T : unmanaged, IWireStruct<T>
    {
        if (StructPrinter.Skip(name, values)) return;
        Name(name).Append('[');
        for (int i = 0; i < values.Length; i++)
        {
            if (i > 0) text.Append(' ');
            StructPrinter.AppendText(text, in values[i]);
        }
        text.Append(']');
    }

    StringBuilder Name(string name)
    {
        if (text[^1] != '{') text.Append(' ');
        return text.Append(name).Append(' ');
    }
}
