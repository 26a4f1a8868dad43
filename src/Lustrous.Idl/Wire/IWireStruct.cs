namespace Lustrous.Idl.Wire;

/// <summary>What the generator gives every wire struct.</summary>
public interface IWireStruct<TSelf> where TSelf : unmanaged, IWireStruct<TSelf>
{
    /// <summary>Bytes on the wire.</summary>
    static abstract int WireSize { get; }

    /// <summary>The C name.</summary>
    static abstract string WireName { get; }

    /// <summary>The same value with each number reversed: reads what a peer of the other byte order wrote.</summary>
    static abstract TSelf Swab(in TSelf value);

    /// <summary>Shows each field, in order, to <paramref name="visitor"/>.</summary>
    static abstract void VisitFields<TVisitor>(in TSelf value, ref TVisitor visitor)
        where TVisitor : IWireFieldVisitor, allows ref struct;
}

/// <summary>Sees the fields of a wire struct one after another: what printing and JSON are made of.</summary>
/// <remarks>Names are C's without the prefix (<c>mbo_size</c> → <c>size</c>).</remarks>
public interface IWireFieldVisitor
{
    /// <summary>An integer, an enum, a handle, a FID: whatever prints as one value, by its ToString.</summary>
    void Value<T>(string name, T value) where T : unmanaged;

    /// <summary>A nested struct; its fields follow in a visit of their own.</summary>
    void Struct<T>(string name, scoped in T value) where T : unmanaged, IWireStruct<T>;

    /// <summary>A fixed array of integers, or of structs that print as one value.</summary>
    void Array<T>(string name, scoped ReadOnlySpan<T> values) where T : unmanaged;

    /// <summary>A fixed array of characters; text up to the first NUL.</summary>
    void Text(string name, scoped ReadOnlySpan<byte> characters);

    /// <summary>A fixed array of nested structs.</summary>
    void StructArray<T>(string name, scoped ReadOnlySpan<T> values) where T : unmanaged, IWireStruct<T>;
}
