using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lustrous.Generators;

/// <summary>
/// Reads every <c>[WireStruct]</c>: refuses one whose bytes are not exactly its declared fields, and writes layout,
/// Equals, byte reversal, the field walk and ToString for the others.
/// Gives <c>[InlineArray]</c> structs Equals and text.
/// </summary>
[Generator]
public sealed class WireStructGenerator : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<GeneratedFile> structs = context.SyntaxProvider.ForAttributeWithMetadataName(
            WireNames.StructAttribute, static (node, _) => node is TypeDeclarationSyntax, Struct);
        IncrementalValuesProvider<GeneratedFile?> arrays = context.SyntaxProvider.ForAttributeWithMetadataName(
            WireNames.InlineArray, static (node, _) => IsPartial(node), Array);

        context.RegisterSourceOutput(structs, Write);
        context.RegisterSourceOutput(
            arrays.Where(static array => array is not null), static (output, file) => Write(output, file!));
    }

    static void Write(SourceProductionContext output, GeneratedFile file)
    {
        foreach (Finding finding in file.Findings) output.ReportDiagnostic(finding.ToDiagnostic());
        if (file.Source is not null) output.AddSource(file.HintName, file.Source);
    }

    static GeneratedFile Struct(GeneratorAttributeSyntaxContext context, CancellationToken cancel)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        AttributeData attribute = context.Attributes[0];
        string name = attribute.ConstructorArguments[0].Value as string ?? "";
        int size = attribute.ConstructorArguments[1].Value as int? ?? 0;
        string prefix = attribute.NamedArguments.FirstOrDefault(a => a.Key == "Prefix").Value.Value as string ?? "";

        var findings = new List<Finding>();
        List<WireField> fields = Fields(type, prefix, findings);
        if (findings.Count == 0) CheckSize(type, fields, size, findings);
        string? source = findings.Count == 0
            ? WireStructEmitter.Emit(type, name, size, WireField.Flag(attribute, "Opaque"), fields)
            : null;
        return new GeneratedFile(HintName(type), source, findings);
    }

    static List<WireField> Fields(INamedTypeSymbol type, string prefix, List<Finding> findings)
    {
        CheckDeclaration(type, findings);
        var fields = new List<WireField>();
        SyntaxNode? declaration = null;
        foreach (IFieldSymbol symbol in type.GetMembers().OfType<IFieldSymbol>().Where(f => !f.IsStatic && !f.IsConst))
        {
            if (symbol.AssociatedSymbol is { } property)
            {
                findings.Add(new Finding(WireDiagnostics.Property, property, type.Name, property.Name));
                continue;
            }
            SyntaxNode? owner = symbol.DeclaringSyntaxReferences[0].GetSyntax()
                .FirstAncestorOrSelf<TypeDeclarationSyntax>();
            if (declaration is not null && owner != declaration)
                findings.Add(new Finding(WireDiagnostics.ScatteredFields, symbol, type.Name));
            declaration ??= owner;

            if (WireField.From(symbol, prefix) is { } field) fields.Add(field);
            else
                findings.Add(new Finding(
                    WireDiagnostics.NoFixedBytes, symbol, type.Name, symbol.Name, symbol.Type.ToDisplayString()));
        }
        return fields;
    }

    static void CheckDeclaration(INamedTypeSymbol type, List<Finding> findings)
    {
        for (INamedTypeSymbol? t = type; t is not null; t = t.ContainingType)
            if (!t.DeclaringSyntaxReferences.Any(r => IsPartial(r.GetSyntax())))
                findings.Add(new Finding(WireDiagnostics.NotPartial, type, type.Name));
        if (WireField.Has(type, WireNames.StructLayout))
            findings.Add(new Finding(WireDiagnostics.OwnLayout, type, type.Name));
        if (type.IsGenericType || type.IsRefLikeType)
            findings.Add(new Finding(WireDiagnostics.NoOneForm, type, type.Name));
    }

    // Tells apart a struct that counts on C's padding (name the place) and one that is simply wrong.
    static void CheckSize(INamedTypeSymbol type, List<WireField> fields, int size, List<Finding> findings)
    {
        int packed = fields.Sum(f => f.SizeBytes);
        if (packed == size) return;

        int aligned = 0, structAlignment = 1, gap = 0;
        string before = "";
        foreach (WireField field in fields)
        {
            int padding = (field.Alignment - aligned % field.Alignment) % field.Alignment;
            if (padding > 0 && before.Length == 0) (before, gap) = (field.Name, padding);
            aligned += padding + field.SizeBytes;
            structAlignment = System.Math.Max(structAlignment, field.Alignment);
        }
        int tail = (structAlignment - aligned % structAlignment) % structAlignment;
        if (tail > 0 && before.Length == 0) (before, gap) = ("the end", tail);

        findings.Add(aligned + tail == size
            ? new Finding(WireDiagnostics.HiddenPadding, type, type.Name, before, $"{gap}")
            : new Finding(WireDiagnostics.WrongSize, type, type.Name, $"{packed}", $"{size}"));
    }

    static GeneratedFile? Array(GeneratorAttributeSyntaxContext context, CancellationToken cancel)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        // Elsewhere an inline array is nobody's wire type.
        if (type.ContainingNamespace.ToDisplayString() != WireNames.Namespace) return null;
        int length = context.Attributes[0].ConstructorArguments[0].Value as int? ?? 0;
        IFieldSymbol element = type.GetMembers().OfType<IFieldSymbol>().First(f => !f.IsStatic);
        return new GeneratedFile(HintName(type), WireArrayEmitter.Emit(type, element.Type, length), []);
    }

    static bool IsPartial(SyntaxNode node) =>
        node is TypeDeclarationSyntax type && type.Modifiers.Any(SyntaxKind.PartialKeyword);

    static string HintName(INamedTypeSymbol type) =>
        type.ToDisplayString().Replace('<', '{').Replace('>', '}') + ".g.cs";
}
