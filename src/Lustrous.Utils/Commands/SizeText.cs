using System.Globalization;

namespace Lustrous.Utils.Commands;

/// <summary>Sizes as people write them: <c>4M</c>, <c>64K</c>, <c>1G</c>.</summary>
static class SizeText
{
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        if (text.Length == 0)
            return false;
        int shift = char.ToUpperInvariant(text[^1]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            'T' => 40,
            _ => 0,
        };
        ReadOnlySpan<char> digits = shift == 0 ? text : text.AsSpan(0, text.Length - 1);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            || number > long.MaxValue >> shift)
            return false;
        bytes = number << shift;
        return true;
    }
}
