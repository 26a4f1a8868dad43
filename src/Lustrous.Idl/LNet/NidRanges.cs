namespace Lustrous.Idl.LNet;

/// <summary>Several <see cref="NidRange"/>s with blanks between them, as nodemaps, routes and NRS rules write
/// them.</summary>
/// <remarks>Source: lnet/lnet/nidstrings.c (cfs_parse_nidlist, cfs_match_nid).</remarks>
public sealed class NidRanges
{
    readonly NidRange[] _ranges;

    NidRanges(NidRange[] ranges) => _ranges = ranges;

    public ReadOnlySpan<NidRange> Ranges => _ranges;

    /// <returns><c>EINVAL</c> when one of them is none, or there is none at all.</returns>
    public static Result<NidRanges> Parse(ReadOnlySpan<char> text)
    {
        var ranges = new List<NidRange>();
        foreach (Range part in text.Split(' '))
        {
            if (text[part].IsEmpty)
                continue;
            Result<NidRange> range = NidRange.Parse(text[part]);
            if (range.Failed)
                return range.Error;
            ranges.Add(range.Value);
        }
        return ranges.Count == 0 ? Errno.EINVAL : new NidRanges([.. ranges]);
    }

    public bool Contains(Nid nid)
    {
        foreach (NidRange range in _ranges)
        {
            if (range.Contains(nid))
                return true;
        }
        return false;
    }

    public override string ToString() => string.Join<NidRange>(' ', _ranges);
}
