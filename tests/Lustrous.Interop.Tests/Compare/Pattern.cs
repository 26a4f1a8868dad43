using System.Text.RegularExpressions;

namespace Lustrous.Interop.Tests.Compare;

/// <summary>A text in which <c>*</c> stands for anything, and <c>a;b</c> for either.</summary>
sealed class Pattern(string text)
{
    readonly Regex _regex = new(
        "^(" + Regex.Escape(text).Replace("\\*", ".*", StringComparison.Ordinal)
            .Replace(";", "|", StringComparison.Ordinal) + ")$",
        RegexOptions.Singleline | RegexOptions.CultureInvariant);

    public bool Matches(string value) => _regex.IsMatch(value);

    public override string ToString() => text;
}
