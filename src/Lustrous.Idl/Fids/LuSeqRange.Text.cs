namespace Lustrous.Idl.Fids;

/// <summary>How sequence ranges are written and asked.</summary>
/// <remarks>Source: lustre/include/seq_range.h.</remarks>
public partial record struct LuSeqRange
{
    public readonly bool IsSane => Start < End;

    public readonly bool IsEmpty => Start >= End;

    public readonly bool Contains(ulong sequence) => sequence >= Start && sequence < End;

    /// <summary>Sequences in it.</summary>
    public readonly ulong Width => IsEmpty ? 0 : End - Start;

    /// <summary><c>[0x0000000200000400-0x0000000240000400]:0:mdt</c>.</summary>
    public override readonly string ToString() => $"[{Hex(Start)}-{Hex(End)}]:{Index:x}:{TypeName}";

    /// <returns><c>EINVAL</c> when the text is no range.</returns>
    public static Result<LuSeqRange> Parse(ReadOnlySpan<char> text)
    {
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, ':') != 3 || text[parts[0]] is not ['[', .. var bounds, ']']
            || bounds.IndexOf('-') is var dash && dash < 0
            || !Fid.TryParseHex(bounds[..dash], ulong.MaxValue, out ulong start)
            || !Fid.TryParseHex(bounds[(dash + 1)..], ulong.MaxValue, out ulong end)
            || !Fid.TryParseHex(text[parts[1]], uint.MaxValue, out ulong index))
            return Errno.EINVAL;
        uint? flags = text[parts[2]] switch
        {
            "mdt" => (uint)SeqRangeType.MDT,
            "ost" => (uint)SeqRangeType.OST,
            "any" => Any,
            _ => null,
        };
        if (flags is null)
            return Errno.EINVAL;
        return new LuSeqRange { Start = start, End = end, Index = (uint)index, Flags = flags.Value };
    }

    const uint Any = 3;     // LU_SEQ_RANGE_ANY

    readonly string TypeName => (Flags & Any) switch
    {
        (uint)SeqRangeType.MDT => "mdt",
        (uint)SeqRangeType.OST => "ost",
        Any => "any",
        _ => "unknown",
    };

    // C's %#16.16llx: a zero has no 0x.
    static string Hex(ulong value) => value == 0 ? "0000000000000000" : $"0x{value:x16}";
}
