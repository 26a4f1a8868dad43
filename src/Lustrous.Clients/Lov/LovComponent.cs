using Lustrous.Idl.Ost;

namespace Lustrous.Clients.Lov;

/// <summary>
/// A part of a file with stripes of its own (<c>struct lov_stripe_md_entry</c>). The stripes go round from the
/// beginning of the file, wherever the component begins.
/// </summary>
/// <param name="Start">First byte of the file.</param>
/// <param name="End">Behind the last; all ones for the end of the file.</param>
/// <param name="StripeSize">Bytes.</param>
/// <param name="FirstStripe">Where its stripes begin among those of the layout.</param>
/// <param name="StripeCount">0 while it has no objects: it reads as zeros.</param>
public sealed record LovComponent(ulong Start, ulong End, uint StripeSize, int FirstStripe, int StripeCount)
{
    /// <summary>Within a composite layout; 0 of a plain one.</summary>
    public uint Id { get; init; }

    /// <summary>The data is on the MDT.</summary>
    public bool IsOnMdt { get; init; }

    /// <summary>Its objects exist.</summary>
    public bool IsInitialized => StripeCount > 0 || IsOnMdt;

    /// <summary>Bytes of one round.</summary>
    internal ulong Width => (ulong)StripeCount * StripeSize;

    /// <summary>What OSTs are told, and keep for repair.</summary>
    internal OstLayout OstLayout => new()
    {
        StripeSize = StripeSize,
        StripeCount = (uint)StripeCount,
        ComponentStart = Start,
        // A plain layout has no component.
        ComponentEnd = Id == 0 ? 0 : End,
        ComponentId = Id,
    };

    /// <summary>Size of an object of this component when the file is cut at <paramref name="offset"/>: the bytes of the
    /// stripe below it (<c>lov_size_to_stripe</c>).</summary>
    internal ulong ObjectSize(int stripe, ulong offset)
    {
        ulong rounds = offset / Width;
        ulong rest = offset % Width;
        ulong before = (ulong)(stripe - FirstStripe) * StripeSize;
        ulong inLast = rest <= before ? 0 : Math.Min(rest - before, StripeSize);
        return (rounds * StripeSize) + inLast;
    }

    /// <summary>Where in the file a byte of an object lies (<c>lov_stripe_size</c>, for offsets).</summary>
    internal ulong FileOffset(int stripe, ulong objectOffset)
    {
        ulong round = objectOffset / StripeSize;
        UInt128 offset = ((((UInt128)round * (ulong)StripeCount) + (ulong)(stripe - FirstStripe)) * StripeSize)
            + (objectOffset % StripeSize);
        return offset > ulong.MaxValue ? ulong.MaxValue : (ulong)offset;
    }
}
