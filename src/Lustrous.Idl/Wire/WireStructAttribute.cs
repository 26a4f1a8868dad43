namespace Lustrous.Idl.Wire;

/// <summary>
/// Marks a struct that is bytes on a wire or a disk. The generator makes it sequential with no padding of its own,
/// checks that the fields add up to <paramref name="size"/>, and writes Equals, ToString, byte reversal and the field
/// walk; a member that the declaration writes itself (a union's Swab, a FID's ToString) is left to it.
/// </summary>
/// <param name="name">The C name, without <c>struct</c>.</param>
/// <param name="size">Bytes, as Lustre's wiretest.c asserts.</param>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class WireStructAttribute(string name, int size) : Attribute
{
    public string Name { get; } = name;

    public int Size { get; } = size;

    /// <summary>What the C names of its fields begin with (<c>mbo_</c>); the rest is the C# name.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// Never reversed: its bytes mean the same to every peer (little-endian or network order everywhere, or a cookie
    /// that only its owner reads).
    /// </summary>
    public bool Opaque { get; init; }

    /// <summary>Prints as one value (a FID, a NID, a handle), not as its fields.</summary>
    public bool Scalar { get; init; }
}
