using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Lov;

// From the bytes that an MDT gives. Source: lsm_unpackmd_v1, lsm_unpackmd_v3, lsm_unpackmd_comp_md_v1 in
// lustre/lov/lov_ea.c.
public sealed partial class LovLayout
{
    /// <summary>Half of a component's id says which mirror it belongs to (<c>mirror_id_of</c>).</summary>
    const int MirrorShift = 16;

    /// <summary>What makes a component useless to read from.</summary>
    const LcmeFlags Unreadable = LcmeFlags.STALE | LcmeFlags.OFFLINE | LcmeFlags.PARITY;

    /// <summary>Reads a layout EA: plain (version 1 or 3) or composite.</summary>
    /// <returns>EPROTO when it is none; EOPNOTSUPP for foreign and compressed files, and for mirrors of which none is
    /// up to date from end to end.</returns>
    public static Result<LovLayout> Parse(ReadOnlySpan<byte> ea)
    {
        if (ea.IsEmpty)
            return Empty;
        if (ea.Length < sizeof(uint))
            return Errno.EPROTO;
        return MemoryMarshal.Read<LovMagic>(ea) switch
        {
            LovMagic.V1 or LovMagic.V3 => ParsePlain(ea),
            LovMagic.COMP_V1 or LovMagic.SEL => ParseComposite(ea),
            LovMagic.FOREIGN => Errno.EOPNOTSUPP,
            _ => Errno.EPROTO,
        };
    }

    static Result<LovLayout> ParsePlain(ReadOnlySpan<byte> ea)
    {
        var stripes = new List<LovStripe>();
        var extent = new LuExtent { Start = 0, End = ulong.MaxValue };
        Result<LovComponent> component = ParseStripes(ea, extent, 0, hasObjects: true, stripes, out bool isReleased);
        if (component.Failed)
            return component.Error;
        return new LovLayout(
            [component.Value], [.. stripes], MemoryMarshal.Read<LovMdsMdV1>(ea).LayoutGeneration)
        {
            IsReleased = isReleased,
        };
    }

    static Result<LovLayout> ParseComposite(ReadOnlySpan<byte> ea)
    {
        int headSize = Unsafe.SizeOf<LovCompMdV1>();
        if (!MemoryMarshal.TryRead(ea, out LovCompMdV1 head) || head.Size > (uint)ea.Length || head.EntryCount == 0
            || head.Size < headSize + (head.EntryCount * Unsafe.SizeOf<LovCompMdEntryV1>()))
            return Errno.EPROTO;
        ea = ea[..(int)head.Size];
        ReadOnlySpan<LovCompMdEntryV1> entries = MemoryMarshal.Cast<byte, LovCompMdEntryV1>(
            ea.Slice(headSize, head.EntryCount * Unsafe.SizeOf<LovCompMdEntryV1>()));
        ReadOnlySpan<LovCompMdEntryV1> mirror = ChooseMirror(entries, out int good, out int all);
        if (good == 0)
            return Errno.EOPNOTSUPP;
        var components = new LovComponent[mirror.Length];
        var stripes = new List<LovStripe>();
        bool isReleased = false;
        for (int i = 0; i < components.Length; i++)
        {
            LovCompMdEntryV1 entry = mirror[i];
            ulong before = i == 0 ? 0 : components[i - 1].End;
            if (entry.Extent.Start < before || entry.Extent.End <= entry.Extent.Start
                || entry.Offset > head.Size || entry.Size > head.Size - entry.Offset)
                return Errno.EPROTO;
            Result<LovComponent> one = ParseStripes(
                ea.Slice((int)entry.Offset, (int)entry.Size), entry.Extent, entry.Id,
                (entry.Flags & (LcmeFlags.INIT | LcmeFlags.EXTENSION)) == LcmeFlags.INIT, stripes, out bool released);
            if (one.Failed)
                return one.Error;
            components[i] = one.Value;
            isReleased |= released;
        }
        LcmFlags state = head.Flags & LcmFlagsMasks.FLR_MASK;
        return new LovLayout(components, [.. stripes], head.LayoutGeneration)
        {
            IsReleased = isReleased,
            MayGrow = true,
            IsMirrored = all > 1,
            // Who writes may write to one mirror only, which all others must know of.
            MustChooseMirror = all > 1 && (state != LcmFlags.WRITE_PENDING || good > 1),
        };
    }

    /// <summary>The first mirror that is up to date from end to end, one that is to be read from before others.
    /// </summary>
    static ReadOnlySpan<LovCompMdEntryV1> ChooseMirror(
        ReadOnlySpan<LovCompMdEntryV1> entries, out int good, out int all)
    {
        ReadOnlySpan<LovCompMdEntryV1> chosen = default;
        bool isPreferred = false;
        (good, all) = (0, 0);
        for (int from = 0; from < entries.Length;)
        {
            int to = from;
            LcmeFlags any = 0;
            while (to < entries.Length && entries[to].Id >> MirrorShift == entries[from].Id >> MirrorShift)
                any |= entries[to++].Flags;
            all++;
            if ((any & Unreadable) == 0)
            {
                good++;
                bool prefers = (any & LcmeFlags.PREF_RD) != 0;
                if (good == 1 || (prefers && !isPreferred))
                {
                    chosen = entries[from..to];
                    isPreferred = prefers;
                }
            }
            from = to;
        }
        return chosen;
    }

    /// <summary>Reads one plain layout, for a part of the file.</summary>
    static Result<LovComponent> ParseStripes(
        ReadOnlySpan<byte> ea, LuExtent extent, uint id, bool hasObjects, List<LovStripe> stripes, out bool isReleased)
    {
        isReleased = false;
        if (!MemoryMarshal.TryRead(ea, out LovMdsMdV1 head))
            return Errno.EPROTO;
        if (head.Magic is not (LovMagic.V1 or LovMagic.V3))
            return head.Magic == LovMagic.FOREIGN ? Errno.EOPNOTSUPP : Errno.EPROTO;
        int start = head.Magic == LovMagic.V3 ? Unsafe.SizeOf<LovMdsMdV3>() : Unsafe.SizeOf<LovMdsMdV1>();
        isReleased = (head.Pattern & LovPattern.F_RELEASED) != 0;
        LovPattern pattern = head.Pattern & ~LovPatternMasks.F_MASK & ~LovPattern.OVERSTRIPING;
        if (pattern is not (LovPattern.RAID0 or LovPattern.MDT))
            return Errno.EOPNOTSUPP;
        if (head.StripeSize < LovConst.MIN_STRIPE_SIZE || head.StripeSize % LovConst.MIN_STRIPE_SIZE != 0)
            return Errno.EPROTO;
        bool isOnMdt = pattern == LovPattern.MDT;
        // A released file names how many stripes it had, and a component without objects how many it shall have.
        int count = isReleased || isOnMdt || !hasObjects ? 0 : head.StripeCount;
        if (count > LovConst.MAX_STRIPE_COUNT || ea.Length < start + (count * Unsafe.SizeOf<LovOstDataV1>()))
            return Errno.EPROTO;
        var component = new LovComponent(extent.Start, extent.End, head.StripeSize, stripes.Count, count)
        {
            Id = id,
            IsOnMdt = isOnMdt,
        };
        foreach (LovOstDataV1 item in MemoryMarshal.Cast<byte, LovOstDataV1>(ea[start..])[..count])
            stripes.Add(new LovStripe(item.ObjectId, item.Index));
        return component;
    }
}
