namespace Lustrous.Idl.Wire;

/// <summary>
/// Marks a struct that is bytes on a wire or a disk. The generator makes it sequential with no padding of its own, checks
/// that the fields add up to <paramref name="size"/>, and writes Equals, ToString, byte reversal and the field walk.
/// </summary>
/// <param name="name">The C name, without <c>struct</c>.</param>
/// <param name="size">Bytes, as Lustre's wiretest.c asserts.</param>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class WireStructAttribute(string name, int size) : Attribute
{
    public string Name { get; } = name;

    public int Size { get; } = size;
}

/// <summary>The C name of a field (or constant), for the check against Lustre's tables and for printing.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Enum)]
public sealed class WireNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>What the generator gives every wire struct.</summary>
public interface IWireStruct<TSelf> where TSelf : unmanaged, IWireStruct<TSelf>
{
    /// <summary>Bytes on the wire.</summary>
    static abstract int WireSize { get; }

    /// <summary>The C name.</summary>
    static abstract string WireName { get; }

    /// <summary>The same value with every multi-byte field reversed: reads what a peer of the other byte order wrote.</summary>
    static abstract TSelf Swab(in TSelf value);

    /// <summary>Shows each field, in order, to <paramref name="visitor"/>.</summary>
    static abstract void VisitFields<TVisitor>(in TSelf value, ref TVisitor visitor)
        where TVisitor : IWireFieldVisitor, allows ref struct;
}

/// <summary>Sees the fields of a wire struct one after another: what printing and JSON are made of.</summary>
public interface IWireFieldVisitor
{
    /// <summary>An integer, an enum (its <see cref="Enum.ToString()"/>), a handle, a FID: whatever prints as one value.</summary>
    void Value<T>(string name, T value) where T : unmanaged;

    /// <summary>A nested struct; its fields follow in a visit of their own.</summary>
    void Struct<T>(string name, in T value) where T : unmanaged, IWireStruct<T>;

    /// <summary>A fixed array of integers or characters.</summary>
    void Array<T>(string name, ReadOnlySpan<T> values) where T : unmanaged;

    /// <summary>A fixed array of nested structs.</summary>
    void StructArray<T>(string name, ReadOnlySpan<T> values) where T : unmanaged, IWireStruct<T>;
}
