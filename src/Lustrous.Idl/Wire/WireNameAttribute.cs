namespace Lustrous.Idl.Wire;

/// <summary>The C name where it does not follow from the C# one, for the check against Lustre's tables and printing.
/// Given twice where C has two names for the same bytes; the first is printed.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Enum | AttributeTargets.Class | AttributeTargets.Property,
    AllowMultiple = true)]
public sealed class WireNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>A field that is never reversed, whatever its type.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class WireOpaqueAttribute : Attribute;

/// <summary>What follows the struct on the wire: an array whose length stands elsewhere.</summary>
/// <param name="name">The C name of the array.</param>
/// <param name="element">The type of one element.</param>
[AttributeUsage(AttributeTargets.Struct, AllowMultiple = true)]
public sealed class WireTailAttribute(string name, Type element) : Attribute
{
    public string Name { get; } = name;

    public Type Element { get; } = element;
}

/// <summary>An inline array of bytes that is text, ended by a NUL where it is shorter.</summary>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class WireTextAttribute : Attribute;
