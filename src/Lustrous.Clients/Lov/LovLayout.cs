using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Lov;

/// <summary>One stripe: an object on an OST.</summary>
/// <param name="ObjectId">As the OST names it.</param>
/// <param name="OstIndex">Which OST.</param>
public readonly record struct LovStripe(OstId ObjectId, uint OstIndex);

/// <summary>
/// How the bytes of a file lie on its objects (<c>struct lov_stripe_md</c>): round after round, a stripe of each object
/// in turn. Immutable.
/// </summary>
/// <remarks>Source: lustre/lov/lov_ea.c (what is checked), lov_offset.c (the arithmetic).</remarks>
public sealed class LovLayout
{
    /// <summary>Of a file that has no objects (yet).</summary>
    public static LovLayout Empty { get; } = new(1 << 20, [], 0, isReleased: false);

    readonly LovStripe[] _stripes;

    LovLayout(uint stripeSize, LovStripe[] stripes, ushort generation, bool isReleased)
    {
        StripeSize = stripeSize;
        _stripes = stripes;
        Generation = generation;
        IsReleased = isReleased;
    }

    /// <summary>Bytes.</summary>
    public uint StripeSize { get; }

    public int StripeCount => _stripes.Length;

    public ReadOnlySpan<LovStripe> Stripes => _stripes;

    /// <summary>Changes with the layout.</summary>
    public ushort Generation { get; }

    /// <summary>The data is only in the archive.</summary>
    public bool IsReleased { get; }

    /// <summary>Reads a layout EA of version 1 or 3.</summary>
    /// <returns>EPROTO when it is none; EOPNOTSUPP for composite and foreign layouts, data on the MDT and
    /// mirrors.</returns>
    public static Result<LovLayout> Parse(ReadOnlySpan<byte> ea)
    {
        if (ea.IsEmpty)
            return Empty;
        if (ea.Length < Unsafe.SizeOf<LovMdsMdV1>())
            return Errno.EPROTO;
        LovMdsMdV1 head = MemoryMarshal.Read<LovMdsMdV1>(ea);
        int start;
        switch (head.Magic)
        {
            case LovMagic.V1: start = Unsafe.SizeOf<LovMdsMdV1>(); break;
            case LovMagic.V3: start = Unsafe.SizeOf<LovMdsMdV3>(); break;
            case LovMagic.COMP_V1 or LovMagic.SEL or LovMagic.FOREIGN: return Errno.EOPNOTSUPP;
            default: return Errno.EPROTO;
        }
        bool isReleased = (head.Pattern & LovPattern.F_RELEASED) != 0;
        LovPattern pattern = head.Pattern & ~LovPatternMasks.F_MASK & ~LovPattern.OVERSTRIPING;
        if (pattern != LovPattern.RAID0)
            return Errno.EOPNOTSUPP;
        if (head.StripeSize < LovConst.MIN_STRIPE_SIZE || head.StripeSize % LovConst.MIN_STRIPE_SIZE != 0)
            return Errno.EPROTO;
        // A released file names how many stripes it had, and has none.
        int count = isReleased ? 0 : head.StripeCount;
        if (count > LovConst.MAX_STRIPE_COUNT || ea.Length < start + (count * Unsafe.SizeOf<LovOstDataV1>()))
            return Errno.EPROTO;
        var stripes = new LovStripe[count];
        ReadOnlySpan<LovOstDataV1> objects = MemoryMarshal.Cast<byte, LovOstDataV1>(ea[start..]);
        for (int i = 0; i < count; i++)
            stripes[i] = new LovStripe(objects[i].ObjectId, objects[i].Index);
        return new LovLayout(head.StripeSize, stripes, head.LayoutGeneration, isReleased);
    }

    /// <summary>A layout from its parts: for tests and tools.</summary>
    public static LovLayout Create(uint stripeSize, params LovStripe[] stripes) => new(stripeSize, stripes, 0, false);

    /// <summary>Whether the same bytes lie on the same objects.</summary>
    public bool IsSameAs(LovLayout other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return StripeSize == other.StripeSize && Generation == other.Generation && IsReleased == other.IsReleased
            && _stripes.AsSpan().SequenceEqual(other._stripes);
    }

    /// <summary>Which stripe a byte of the file lies on, and where in its object.</summary>
    public (int Stripe, ulong ObjectOffset) Locate(ulong offset)
    {
        ulong number = offset / StripeSize;
        ulong round = number / (ulong)_stripes.Length;
        return ((int)(number % (ulong)_stripes.Length), (round * StripeSize) + (offset % StripeSize));
    }

    /// <summary>Where in the file a byte of an object lies (<c>lov_stripe_size</c>, for offsets).</summary>
    public ulong FileOffset(int stripe, ulong objectOffset)
    {
        ulong round = objectOffset / StripeSize;
        UInt128 offset = ((((UInt128)round * (ulong)_stripes.Length) + (ulong)stripe) * StripeSize)
            + (objectOffset % StripeSize);
        return offset > ulong.MaxValue ? ulong.MaxValue : (ulong)offset;
    }

    /// <summary>Size that the file has when an object has this one; 0 when that is empty.</summary>
    public ulong FileSize(int stripe, ulong objectSize) =>
        objectSize == 0 ? 0 : FileOffset(stripe, objectSize - 1) + 1;

    /// <summary>Size of an object when the file is cut at <paramref name="fileSize"/>: the bytes of the stripe below it
    /// (<c>lov_size_to_stripe</c>). Also the first byte of the object at or behind that offset.</summary>
    public ulong ObjectSize(int stripe, ulong fileSize)
    {
        ulong width = (ulong)_stripes.Length * StripeSize;
        ulong rounds = fileSize / width;
        ulong rest = fileSize % width;
        ulong before = (ulong)stripe * StripeSize;
        ulong inLast = rest <= before ? 0 : Math.Min(rest - before, StripeSize);
        return (rounds * StripeSize) + inLast;
    }
}
