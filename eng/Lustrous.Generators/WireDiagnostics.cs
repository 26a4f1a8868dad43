using Microsoft.CodeAnalysis;

namespace Lustrous.Generators;

/// <summary>What a wire struct is refused for.</summary>
static class WireDiagnostics
{
    internal static readonly DiagnosticDescriptor WrongSize = Error(
        "LUW001", "Wrong size", "{0}: the fields take {1} bytes, declared are {2}");

    internal static readonly DiagnosticDescriptor HiddenPadding = Error(
        "LUW002", "Undeclared padding",
        "{0}: C puts {2} bytes of padding before {1}; declare them, nothing is implicit on a wire");

    internal static readonly DiagnosticDescriptor NoFixedBytes = Error(
        "LUW003", "Not a wire type",
        "{0}.{1}: {2} is not an integer, an enum, a wire struct or an inline array of those");

    internal static readonly DiagnosticDescriptor Property = Error(
        "LUW004", "Automatic property", "{0}.{1}: an automatic property hides a field; declare the field");

    internal static readonly DiagnosticDescriptor NotPartial = Error(
        "LUW005", "Not partial", "{0} must be partial, and every type around it too");

    internal static readonly DiagnosticDescriptor ScatteredFields = Error(
        "LUW006", "Fields in two places", "{0}: the order of fields is the layout, so all stand in one declaration");

    internal static readonly DiagnosticDescriptor OwnLayout = Error(
        "LUW007", "Own layout", "{0}: the generator writes StructLayout (sequential, packed); remove this one");

    internal static readonly DiagnosticDescriptor NoOneForm = Error(
        "LUW008", "No one wire form", "{0}: a generic or ref struct has no one wire form");

    static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "Wire", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
