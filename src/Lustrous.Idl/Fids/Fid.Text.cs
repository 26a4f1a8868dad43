using System.Globalization;

namespace Lustrous.Idl.Fids;

/// <summary>How FIDs are written: <c>[0x200000007:0x1:0x0]</c>.</summary>
public readonly partial record struct Fid : IComparable<Fid>
{
    public override string ToString() => $"[{ToStringNoBrackets()}]";

    /// <summary>As <c>lfs path2fid</c> options without brackets; a sequence of 0 has no 0x, as C prints it.</summary>
    public string ToStringNoBrackets() => Sequence == 0
        ? $"0:0x{ObjectId:x}:0x{Version:x}"
        : $"0x{Sequence:x}:0x{ObjectId:x}:0x{Version:x}";

    /// <summary>Takes it with or without brackets, and with or without 0x.</summary>
    /// <returns><c>EINVAL</c> when the text is no FID.</returns>
    public static Result<Fid> Parse(ReadOnlySpan<char> text)
    {
        if (text is ['[', .. var inside, ']'])
            text = inside;
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, ':') != 3
            || !TryParseHex(text[parts[0]], ulong.MaxValue, out ulong sequence)
            || !TryParseHex(text[parts[1]], uint.MaxValue, out ulong objectId)
            || !TryParseHex(text[parts[2]], uint.MaxValue, out ulong version))
            return Errno.EINVAL;
        return new Fid(sequence, (uint)objectId, (uint)version);
    }

    public int CompareTo(Fid other) =>
        (Sequence, ObjectId, Version).CompareTo((other.Sequence, other.ObjectId, other.Version));

    public static bool operator <(Fid left, Fid right) => left.CompareTo(right) < 0;

    public static bool operator >(Fid left, Fid right) => left.CompareTo(right) > 0;

    public static bool operator <=(Fid left, Fid right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Fid left, Fid right) => left.CompareTo(right) >= 0;

    internal static bool TryParseHex(ReadOnlySpan<char> text, ulong max, out ulong value)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            text = text[2..];
        return ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            && value <= max;
    }
}
