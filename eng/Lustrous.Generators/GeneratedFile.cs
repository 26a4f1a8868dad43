using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Lustrous.Generators;

/// <summary>
/// What one declaration came to: source, or why not. Equal by value, so that an edit elsewhere regenerates nothing.
/// </summary>
sealed class GeneratedFile(string hintName, string? source, IReadOnlyList<Finding> findings) : IEquatable<GeneratedFile>
{
    internal string HintName { get; } = hintName;

    internal string? Source { get; } = source;

    internal IReadOnlyList<Finding> Findings { get; } = findings;

    public bool Equals(GeneratedFile? other) =>
        other is not null && HintName == other.HintName && Source == other.Source
        && Findings.SequenceEqual(other.Findings);

    public override bool Equals(object? obj) => Equals(obj as GeneratedFile);

    public override int GetHashCode() => HintName.GetHashCode() ^ (Source?.GetHashCode() ?? 0);
}

/// <summary>A diagnostic without the syntax tree it points into (which would keep old compilations alive).</summary>
sealed class Finding : IEquatable<Finding>
{
    readonly DiagnosticDescriptor _rule;
    readonly string _path;
    readonly TextSpan _span;
    readonly LinePositionSpan _lines;
    readonly string[] _arguments;

    internal Finding(DiagnosticDescriptor rule, ISymbol at, params string[] arguments)
    {
        Location location = at.Locations[0];
        _rule = rule;
        _path = location.SourceTree?.FilePath ?? "";
        _span = location.SourceSpan;
        _lines = location.GetLineSpan().Span;
        _arguments = arguments;
    }

    internal Diagnostic ToDiagnostic() =>
        Diagnostic.Create(_rule, Location.Create(_path, _span, _lines), _arguments.Cast<object>().ToArray());

    public bool Equals(Finding? other) =>
        other is not null && _rule.Id == other._rule.Id && _path == other._path && _span == other._span
        && _arguments.SequenceEqual(other._arguments);

    public override bool Equals(object? obj) => Equals(obj as Finding);

    public override int GetHashCode() => _rule.Id.GetHashCode() ^ _span.GetHashCode();
}
