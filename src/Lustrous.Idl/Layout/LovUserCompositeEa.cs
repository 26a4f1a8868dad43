using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lustrous.Idl.Layout;

/// <summary>
/// How a file shall be striped in several components, as <c>lfs setstripe -E</c> asks for it and as a directory keeps
/// it for its new files.
/// </summary>
/// <remarks>Source: lod_verify_striping and lod_erase_dom_stripe of lustre/lod/lod_lov.c, llapi_layout of
/// liblustreapi_layout.c.</remarks>
public sealed record LovUserCompositeEa
{
    const LovPattern Known = LovPattern.RAID0 | LovPattern.OVERSTRIPING;

    /// <summary>One part of the file and what it is to be like.</summary>
    public readonly record struct Component(LuExtent Extent, LovUserEa Layout);

    /// <summary>By rising offset, from 0 on, one where the other ends.</summary>
    public required IReadOnlyList<Component> Components { get; init; }

    /// <returns>EINVAL when it is none or its parts do not fit together; EOPNOTSUPP for what Lustre knows and is not
    /// made here: mirrors, data on the MDT, components that extend themselves, compression.</returns>
    public static Result<LovUserCompositeEa> Parse(ReadOnlySpan<byte> bytes)
    {
        if (!LovCompositeEa.IsComposite(bytes) || !MemoryMarshal.TryRead(bytes, out LovCompMdV1 head)
            || head.Size > (uint)bytes.Length || head.EntryCount is 0 or > LovCompositeEa.MaxComponents)
            return Errno.EINVAL;
        int headSize = Unsafe.SizeOf<LovCompMdV1>();
        int start = headSize + (head.EntryCount * Unsafe.SizeOf<LovCompMdEntryV1>());
        if (head.Size < start)
            return Errno.EINVAL;
        if (head.MirrorCount > 0)
            return Errno.EOPNOTSUPP;
        bytes = bytes[..(int)head.Size];
        ReadOnlySpan<LovCompMdEntryV1> entries =
            MemoryMarshal.Cast<byte, LovCompMdEntryV1>(bytes[headSize..start]);
        var components = new Component[entries.Length];
        ulong from = 0;
        for (int i = 0; i < components.Length; i++)
        {
            LovCompMdEntryV1 entry = entries[i];
            if (entry.Extent.Start != from || entry.Extent.End <= from
                || entry.Offset > head.Size || entry.Size > head.Size - entry.Offset)
                return Errno.EINVAL;
            const LcmeFlags Others = LcmeFlags.EXTENSION | LcmeFlags.PARITY | LcmeFlags.COMPRESS;
            if ((entry.Flags & Others) != 0)
                return Errno.EOPNOTSUPP;
            Result<LovUserEa> layout = ParseOne(bytes.Slice((int)entry.Offset, (int)entry.Size), entry.Extent);
            if (layout.Failed)
                return layout.Error;
            components[i] = new Component(entry.Extent, layout.Value);
            from = entry.Extent.End;
        }
        return new LovUserCompositeEa { Components = components };
    }

    public byte[] ToArray()
    {
        int headSize = Unsafe.SizeOf<LovCompMdV1>();
        int offset = headSize + (Components.Count * Unsafe.SizeOf<LovCompMdEntryV1>());
        byte[][] parts = [.. Components.Select(component => component.Layout.ToArray())];
        var bytes = new byte[offset + parts.Sum(part => part.Length)];
        MemoryMarshal.Write(bytes, new LovCompMdV1
        {
            Magic = LovMagic.COMP_V1,
            Size = (uint)bytes.Length,
            EntryCount = (ushort)Components.Count,
        });
        Span<LovCompMdEntryV1> entries = MemoryMarshal.Cast<byte, LovCompMdEntryV1>(bytes.AsSpan(headSize));
        for (int i = 0; i < parts.Length; i++)
        {
            entries[i] = new LovCompMdEntryV1
            {
                Extent = Components[i].Extent,
                Offset = (uint)offset,
                Size = (uint)parts[i].Length,
            };
            parts[i].CopyTo(bytes, offset);
            offset += parts[i].Length;
        }
        return bytes;
    }

    static Result<LovUserEa> ParseOne(ReadOnlySpan<byte> bytes, LuExtent extent)
    {
        if (!MemoryMarshal.TryRead(bytes, out LovUserMdV1 head))
            return Errno.EINVAL;
        if ((head.Pattern & (LovPattern.MDT | LovPattern.COMPRESS | LovPattern.PARITY | LovPattern.RAID1)) != 0)
            return Errno.EOPNOTSUPP;
        if ((head.Pattern & ~Known) != 0)
            return Errno.EINVAL;
        Result<LovUserEa> layout = LovUserEa.Parse(bytes);
        if (layout.Failed)
            return layout.Error;
        ulong unit = Math.Max(layout.Value.StripeSize, (uint)LovConst.MIN_STRIPE_SIZE);
        // A component ends with a stripe.
        return extent.End == ulong.MaxValue || extent.End % unit == 0 ? layout : Errno.EINVAL;
    }
}
