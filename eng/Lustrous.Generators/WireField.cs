using System.Linq;
using Microsoft.CodeAnalysis;

namespace Lustrous.Generators;

enum WireFieldKind
{
    Integer,        // also enums
    Struct,
    IntegerArray,
    StructArray,
}

/// <summary>A field as bytes: what it is made of and how many it takes.</summary>
sealed class WireField
{
    WireField(IFieldSymbol symbol) => Symbol = symbol;

    internal IFieldSymbol Symbol { get; }

    internal WireFieldKind Kind { get; private set; }

    internal int SizeBytes { get; private set; }

    /// <summary>What C would align the field to.</summary>
    internal int Alignment { get; private set; }

    /// <summary>The element of an array, otherwise the field's own type.</summary>
    internal ITypeSymbol Element { get; private set; } = null!;

    /// <summary>The integer below an enum, or the integer itself.</summary>
    internal string Integer { get; private set; } = "";

    internal int IntegerBytes { get; private set; }

    internal bool IsEnum { get; private set; }

    internal bool IsText { get; private set; }

    /// <summary>Its bytes mean the same in either byte order.</summary>
    internal bool IsOpaque { get; private set; }

    /// <summary>A struct that prints as one value (a FID, a NID, a handle).</summary>
    internal bool IsScalar { get; private set; }

    internal string Name => Symbol.Name;

    /// <summary>The C name without the struct's prefix: what is printed.</summary>
    internal string PrintedName { get; private set; } = "";

    internal string ElementName => Element.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    /// <returns>Null when the type has no fixed bytes.</returns>
    internal static WireField? From(IFieldSymbol symbol, string prefix)
    {
        if (symbol.IsFixedSizeBuffer) return null;
        var field = new WireField(symbol) { Element = symbol.Type, IsOpaque = Has(symbol, WireNames.OpaqueAttribute) };
        string name = Argument(symbol, WireNames.NameAttribute) as string ?? "";
        bool prefixed = name.StartsWith(prefix, System.StringComparison.Ordinal);
        field.PrintedName = name.Length == 0 ? WireNames.Snake(symbol.Name.TrimStart('_'))
            : prefixed ? name.Substring(prefix.Length)
            : name;

        if (Argument(symbol.Type, WireNames.InlineArray) is int length)
        {
            IFieldSymbol? element = symbol.Type.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(f => !f.IsStatic);
            if (element is null || !field.Describe(element.Type)) return null;
            field.IsText = Has(symbol.Type, WireNames.TextAttribute);
            field.Kind = field.Kind == WireFieldKind.Integer ? WireFieldKind.IntegerArray : WireFieldKind.StructArray;
            field.SizeBytes *= length;
            return field;
        }
        return field.Describe(symbol.Type) ? field : null;
    }

    bool Describe(ITypeSymbol type)
    {
        Element = type;
        IsEnum = type.TypeKind == TypeKind.Enum;
        ITypeSymbol integer = IsEnum ? ((INamedTypeSymbol)type).EnumUnderlyingType! : type;
        (Integer, IntegerBytes) = integer.SpecialType switch
        {
            SpecialType.System_Byte => ("byte", 1),
            SpecialType.System_SByte => ("sbyte", 1),
            SpecialType.System_UInt16 => ("ushort", 2),
            SpecialType.System_Int16 => ("short", 2),
            SpecialType.System_UInt32 => ("uint", 4),
            SpecialType.System_Int32 => ("int", 4),
            SpecialType.System_UInt64 => ("ulong", 8),
            SpecialType.System_Int64 => ("long", 8),
            _ => ("", 0),
        };
        if (IntegerBytes > 0)
        {
            Kind = WireFieldKind.Integer;
            SizeBytes = Alignment = IntegerBytes;
            return true;
        }

        AttributeData? wire = Find(type, WireNames.StructAttribute);
        if (wire is null || wire.ConstructorArguments.Length < 2) return false;
        Kind = WireFieldKind.Struct;
        SizeBytes = (int)wire.ConstructorArguments[1].Value!;
        IsOpaque |= Flag(wire, "Opaque");
        IsScalar = Flag(wire, "Scalar");
        Alignment = AlignmentOf(type, depth: 0);
        return true;
    }

    static int AlignmentOf(ITypeSymbol type, int depth)
    {
        // A struct that contains itself is an error of the compiler's own; the depth only keeps us from following it.
        if (depth > 8) return 1;
        int alignment = 1;
        foreach (IFieldSymbol field in type.GetMembers().OfType<IFieldSymbol>().Where(f => !f.IsStatic))
        {
            var probe = new WireField(field);
            ITypeSymbol inner = field.Type;
            if (Argument(inner, WireNames.InlineArray) is int)
                inner = inner.GetMembers().OfType<IFieldSymbol>().First(f => !f.IsStatic).Type;
            int own = Find(inner, WireNames.StructAttribute) is not null ? AlignmentOf(inner, depth + 1)
                : probe.Describe(inner) ? probe.Alignment : 1;
            alignment = System.Math.Max(alignment, own);
        }
        return alignment;
    }

    internal static bool Has(ISymbol symbol, string attribute) => Find(symbol, attribute) is not null;

    internal static object? Argument(ISymbol symbol, string attribute) =>
        Find(symbol, attribute)?.ConstructorArguments.FirstOrDefault().Value;

    internal static bool Flag(AttributeData attribute, string name) =>
        attribute.NamedArguments.Any(a => a.Key == name && a.Value.Value is true);

    internal static AttributeData? Find(ISymbol symbol, string attribute) =>
        symbol.GetAttributes().FirstOrDefault(a => a.AttributeClass?.ToDisplayString() == attribute);
}
