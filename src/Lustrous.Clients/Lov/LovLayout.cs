namespace Lustrous.Clients.Lov;

/// <summary>
/// How the bytes of a file lie on its objects (<c>struct lov_stripe_md</c>): one component for all of it, or several
/// one after another, each striped in its own way. Immutable.
/// </summary>
/// <remarks>Of a mirrored file it has the components of one mirror that is up to date. Stripes are numbered through all
/// components. Source: lustre/lov/lov_ea.c (what is checked), lov_offset.c (the arithmetic), lov_io.c (what a write
/// needs first).</remarks>
public sealed partial class LovLayout
{
    /// <summary>Of a file that has no objects (yet).</summary>
    public static LovLayout Empty { get; } = new([], [], 0);

    readonly LovComponent[] _components;        // by rising offset; what lies between them is nowhere
    readonly LovStripe[] _stripes;

    LovLayout(LovComponent[] components, LovStripe[] stripes, uint generation)
    {
        _components = components;
        _stripes = stripes;
        Generation = generation;
    }

    public IReadOnlyList<LovComponent> Components => _components;

    public int StripeCount => _stripes.Length;

    public ReadOnlySpan<LovStripe> Stripes => _stripes;

    /// <summary>Changes with the layout.</summary>
    public uint Generation { get; }

    /// <summary>The data is only in the archive.</summary>
    public bool IsReleased { get; private init; }

    /// <summary>The MDT changes it as the file is written: what is known of it is good only under a lock.</summary>
    public bool MayGrow { get; private init; }

    /// <summary>Before the next write the MDT must choose one mirror, and mark the others as behind.</summary>
    public bool MustChooseMirror { get; private init; }

    /// <summary>There are several mirrors: writes carry the generation, so that an OST refuses those of an old
    /// layout.</summary>
    public bool IsMirrored { get; private init; }

    /// <summary>A layout from its parts: for tests and tools.</summary>
    public static LovLayout Create(uint stripeSize, params LovStripe[] stripes) =>
        new([new LovComponent(0, ulong.MaxValue, stripeSize, 0, stripes.Length)], stripes, 0);

    /// <summary>Whether the same bytes lie on the same objects.</summary>
    public bool IsSameAs(LovLayout other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Generation == other.Generation && IsReleased == other.IsReleased
            && MustChooseMirror == other.MustChooseMirror
            && _components.AsSpan().SequenceEqual(other._components)
            && _stripes.AsSpan().SequenceEqual(other._stripes);
    }

    /// <summary>Whether all that lies somewhere in <paramref name="other"/> lies there here too: it has only grown.
    /// </summary>
    public bool Extends(LovLayout other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (IsReleased || other.IsReleased || IsMirrored || other.IsMirrored)
            return false;
        foreach (LovComponent old in other._components)
        {
            if (!old.IsInitialized)
                continue;
            LovComponent? same = At(old.Start);
            if (same is null || same with { FirstStripe = 0 } != old with { FirstStripe = 0 }
                || !_stripes.AsSpan(same.FirstStripe, same.StripeCount)
                    .SequenceEqual(other._stripes.AsSpan(old.FirstStripe, old.StripeCount)))
                return false;
        }
        return true;
    }

    /// <summary>Whether every byte of a range can be written as the layout is now. Else the MDT must be asked for
    /// another one first.</summary>
    public bool IsWritable(ulong start, ulong end)
    {
        if (!MayGrow)
            return true;
        if (MustChooseMirror)
            return false;
        while (start < end)
        {
            LovComponent? component = At(start);
            if (component is not { IsInitialized: true })
                return false;
            start = component.End;
        }
        return true;
    }

    /// <summary>Whether bytes of a range are on the MDT.</summary>
    public bool HasOnMdt(ulong start, ulong end)
    {
        foreach (LovComponent component in _components)
        {
            if (component.IsOnMdt && component.Start < end && start < component.End)
                return true;
        }
        return false;
    }

    /// <summary>The component that a byte of the file is in; null where there is none.</summary>
    public LovComponent? At(ulong offset)
    {
        foreach (LovComponent component in _components)
        {
            if (offset < component.End)
                return offset >= component.Start ? component : null;
        }
        return null;
    }

    /// <summary>The component of a stripe.</summary>
    public LovComponent Of(int stripe)
    {
        foreach (LovComponent component in _components)
        {
            if (stripe < component.FirstStripe + component.StripeCount)
                return component;
        }
        throw new ArgumentOutOfRangeException(nameof(stripe));
    }

    /// <summary>Which stripe a byte of the file lies on, and where in its object; stripe -1 where nothing has objects.
    /// </summary>
    public (int Stripe, ulong ObjectOffset) Locate(ulong offset)
    {
        if (At(offset) is not { StripeCount: > 0 } component)
            return (-1, 0);
        ulong number = offset / component.StripeSize;
        ulong round = number / (ulong)component.StripeCount;
        return (component.FirstStripe + (int)(number % (ulong)component.StripeCount),
            (round * component.StripeSize) + (offset % component.StripeSize));
    }

    /// <summary>How many of the bytes from an offset on lie on one stripe, one behind the other (or all of them on
    /// none).</summary>
    public int Run(ulong offset, int length)
    {
        ulong end = offset + (ulong)length;
        LovComponent? component = At(offset);
        if (component is null)
        {
            foreach (LovComponent next in _components)
            {
                if (next.Start > offset)
                    return (int)(Math.Min(end, next.Start) - offset);
            }
            return length;
        }
        end = Math.Min(end, component.End);
        if (component.StripeCount > 1)
            end = Math.Min(end - offset, component.StripeSize - (offset % component.StripeSize)) + offset;
        return (int)(end - offset);
    }

    /// <summary>The first byte of a range that has no objects: a hole; the end of the range when all has some.
    /// </summary>
    public ulong FirstWithoutObjects(ulong start, ulong end)
    {
        while (start < end && At(start) is { IsInitialized: true } component)
            start = component.End;
        return Math.Min(start, end);
    }

    /// <summary>Where in the file a byte of an object lies.</summary>
    public ulong FileOffset(int stripe, ulong objectOffset) => Of(stripe).FileOffset(stripe, objectOffset);

    /// <summary>Size that the file has when an object has this one; 0 when that is empty.</summary>
    public ulong FileSize(int stripe, ulong objectSize) =>
        objectSize == 0 ? 0 : FileOffset(stripe, objectSize - 1) + 1;

    /// <summary>The first byte of the object at or behind an offset of the file, as far as the stripe's component
    /// reaches: before it its beginning, behind it its end.</summary>
    public ulong ObjectSize(int stripe, ulong offset)
    {
        LovComponent component = Of(stripe);
        return component.ObjectSize(stripe, Math.Clamp(offset, component.Start, component.End));
    }

    /// <summary>Size that an object gets when the file is cut at <paramref name="fileSize"/>; null where it keeps what
    /// it has.</summary>
    public ulong? CutSize(int stripe, ulong fileSize)
    {
        LovComponent component = Of(stripe);
        return fileSize >= component.End ? null
            : fileSize < component.Start ? 0
            : component.ObjectSize(stripe, fileSize);
    }
}
