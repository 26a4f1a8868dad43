namespace Lustrous.Libcfs;

/// <summary>Every <paramref name="Stride"/>th number from <paramref name="Low"/> to <paramref name="High"/>, both
/// included (<c>struct cfs_range_expr</c>).</summary>
public readonly record struct NumberRange(uint Low, uint High, uint Stride = 1)
{
    public bool Contains(uint value) => value >= Low && value <= High && (value - Low) % Stride == 0;

    public long Count => ((long)High - Low) / Stride + 1;

    /// <summary>As it stands inside brackets: <c>3</c>, <c>0-5</c>, <c>0-5/2</c>.</summary>
    public override string ToString() => (High - Low, Stride) switch
    {
        (0, _) => $"{Low}",
        (_, 1) => $"{Low}-{High}",
        _ => $"{Low}-{High}/{Stride}",
    };
}
