using System.Globalization;

namespace Lustrous.Libcfs;

/// <summary>
/// A set of numbers as Lustre's options write it: <c>7</c>, <c>*</c>, <c>[0-5/2,7]</c> (<c>struct cfs_expr_list</c>).
/// </summary>
/// <remarks>Source: lnet/lnet/nidstrings.c. Unlike there, a stride of 0 is refused: it would divide by zero.</remarks>
public sealed class NumberRanges : IEquatable<NumberRanges>
{
    readonly NumberRange[] _ranges;

    NumberRanges(NumberRange[] ranges) => _ranges = ranges;

    public ReadOnlySpan<NumberRange> Ranges => _ranges;

    /// <param name="text">Ranges and <c>a-b</c> only inside brackets; numbers may be 0x hexadecimal or 0 octal.</param>
    /// <param name="min">Least number allowed, and what <c>*</c> begins with.</param>
    /// <param name="max">Greatest number allowed, and what <c>*</c> ends with.</param>
    /// <returns><c>EINVAL</c> when the text is no such set or leaves the bounds.</returns>
    public static Result<NumberRanges> Parse(ReadOnlySpan<char> text, uint min, uint max)
    {
        if (text is not ['[', .. var inside, ']'])
            return TryParseRange(text, min, max, bracketed: false, out NumberRange single)
                ? new NumberRanges([single])
                : Errno.EINVAL;
        var ranges = new List<NumberRange>();
        foreach (Range part in inside.Split(','))
        {
            if (!TryParseRange(inside[part], min, max, bracketed: true, out NumberRange range))
                return Errno.EINVAL;
            ranges.Add(range);
        }
        return new NumberRanges([.. ranges]);
    }

    public bool Contains(uint value)
    {
        foreach (NumberRange range in _ranges)
        {
            if (range.Contains(value))
                return true;
        }
        return false;
    }

    /// <summary>All its numbers in order of writing; what stands in two ranges comes twice.</summary>
    /// <returns><c>EINVAL</c> when there are more than <paramref name="limit"/>.</returns>
    public Result<uint[]> Values(int limit)
    {
        if (_ranges.Sum(range => range.Count) > limit)
            return Errno.EINVAL;
        var values = new List<uint>();
        foreach (NumberRange range in _ranges)
        {
            for (ulong value = range.Low; value <= range.High; value += range.Stride)
                values.Add((uint)value);
        }
        return values.ToArray();
    }

    public override string ToString() => _ranges is [var only]
        ? only.Low == only.High ? only.ToString() : $"[{only}]"
        : $"[{string.Join(',', _ranges)}]";

    public bool Equals(NumberRanges? other) => other is not null && _ranges.AsSpan().SequenceEqual(other._ranges);

    public override bool Equals(object? obj) => Equals(obj as NumberRanges);

    public override int GetHashCode() => _ranges.Aggregate(0, (hash, range) => hash * 31 + (int)range.Low);

    /// <summary>A number as the kernel's <c>kstrtouint</c> with base 0 takes it.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> text, out uint value)
    {
        value = 0;
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        if (text is not ['0', _, ..])
            return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        ulong octal = 0;
        foreach (char digit in text)
        {
            if (digit is < '0' or > '7' || (octal = octal * 8 + digit - '0') > uint.MaxValue)
                return false;
        }
        value = (uint)octal;
        return true;
    }

    static bool TryParseRange(ReadOnlySpan<char> text, uint min, uint max, bool bracketed, out NumberRange range)
    {
        range = default;
        text = text.Trim();
        if (text is "*")
        {
            range = new(min, max);
            return min <= max;
        }
        if (TryParseBounded(text, min, max, out uint low))
        {
            range = new(low, low);
            return true;
        }
        int dash = text.IndexOf('-');
        if (!bracketed || dash < 0 || !TryParseBounded(text[..dash], min, max, out low))
            return false;
        ReadOnlySpan<char> rest = text[(dash + 1)..];
        int slash = rest.IndexOf('/');
        uint stride = 1;
        if (slash >= 0 && !(TryParseBounded(rest[(slash + 1)..], min, max, out stride) && stride > 0))
            return false;
        if (!TryParseBounded(slash < 0 ? rest : rest[..slash], min, max, out uint high) || high < low)
            return false;
        range = new(low, high, stride);
        return true;
    }

    static bool TryParseBounded(ReadOnlySpan<char> text, uint min, uint max, out uint value) =>
        TryParseNumber(text.Trim(), out value) && value >= min && value <= max;
}
