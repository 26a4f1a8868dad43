using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lustrous.Idl.Layout;

/// <summary>
/// The layout of a file in several components, read from or to be written to its <c>trusted.lov</c>: LOV_MAGIC_COMP_V1.
/// Little endian, always.
/// </summary>
/// <remarks>Source: lod_generate_lovea, lod_gen_component_ea and lod_parse_striping of lustre/lod/lod_lov.c.</remarks>
public sealed record LovCompositeEa
{
    /// <summary>Components that a layout may have here: a bound on what a peer makes us read.</summary>
    public const int MaxComponents = 128;

    /// <summary>Counts the changes (<c>lcm_layout_gen</c>).</summary>
    public uint Generation { get; init; }

    public LcmFlags Flags { get; init; }

    /// <summary>As written: one less than there are.</summary>
    public ushort MirrorCount { get; init; }

    /// <summary>By rising offset within each mirror.</summary>
    public required IReadOnlyList<LovComponentEa> Components { get; init; }

    /// <summary>Bytes that it takes.</summary>
    public int Size
    {
        get
        {
            int size = HeadSize(Components.Count);
            foreach (LovComponentEa component in Components)
                size += SizeOf(component);
            return size;
        }
    }

    /// <summary>Whether all of a part of the file has objects, as far as there are components.</summary>
    public bool IsInitialized(LuExtent extent)
    {
        foreach (LovComponentEa component in Components)
        {
            if (!component.IsInitialized && component.Overlaps(extent))
                return false;
        }
        return true;
    }

    /// <summary>Whether the bytes begin as a composite layout does.</summary>
    public static bool IsComposite(ReadOnlySpan<byte> bytes) =>
        MemoryMarshal.TryRead(bytes, out LovMagic magic) && magic is LovMagic.COMP_V1 or LovMagic.SEL;

    /// <returns>EINVAL when it is no composite layout, or contradicts itself.</returns>
    public static Result<LovCompositeEa> Parse(ReadOnlySpan<byte> bytes)
    {
        if (!IsComposite(bytes) || !MemoryMarshal.TryRead(bytes, out LovCompMdV1 head) || head.Size > (uint)bytes.Length
            || head.EntryCount is 0 or > MaxComponents || head.Size < HeadSize(head.EntryCount))
            return Errno.EINVAL;
        bytes = bytes[..(int)head.Size];
        ReadOnlySpan<LovCompMdEntryV1> entries = MemoryMarshal.Cast<byte, LovCompMdEntryV1>(
            bytes[Unsafe.SizeOf<LovCompMdV1>()..HeadSize(head.EntryCount)]);
        var components = new LovComponentEa[entries.Length];
        for (int i = 0; i < components.Length; i++)
        {
            LovCompMdEntryV1 entry = entries[i];
            if (entry.Offset > head.Size || entry.Size > head.Size - entry.Offset
                || entry.Extent.End <= entry.Extent.Start)
                return Errno.EINVAL;
            Result<LovEa> layout = LovEa.Parse(
                bytes.Slice((int)entry.Offset, (int)entry.Size), (entry.Flags & LcmeFlags.INIT) != 0);
            if (layout.Failed)
                return layout.Error;
            components[i] = new LovComponentEa
            {
                Id = entry.Id,
                Flags = entry.Flags,
                Extent = entry.Extent,
                Layout = layout.Value,
            };
        }
        return new LovCompositeEa
        {
            Generation = head.LayoutGeneration,
            Flags = head.Flags,
            MirrorCount = head.MirrorCount,
            Components = components,
        };
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        MemoryMarshal.Write(bytes, new LovCompMdV1
        {
            Magic = LovMagic.COMP_V1,
            Size = (uint)bytes.Length,
            LayoutGeneration = Generation,
            Flags = Flags,
            EntryCount = (ushort)Components.Count,
            MirrorCount = MirrorCount,
        });
        Span<LovCompMdEntryV1> entries = MemoryMarshal.Cast<byte, LovCompMdEntryV1>(
            bytes.AsSpan()[Unsafe.SizeOf<LovCompMdV1>()..HeadSize(Components.Count)]);
        int offset = HeadSize(Components.Count);
        for (int i = 0; i < entries.Length; i++)
        {
            LovComponentEa component = Components[i];
            int size = SizeOf(component);
            entries[i] = new LovCompMdEntryV1
            {
                Id = component.Id,
                Flags = component.Flags,
                Extent = component.Extent,
                Offset = (uint)offset,
                Size = (uint)size,
            };
            component.Layout.Write(bytes.AsSpan(offset, size));
            if (HasPlaceholder(component))
                MemoryMarshal.Write(
                    bytes.AsSpan(offset + component.Layout.Size), new LovOstDataV1 { Index = uint.MaxValue });
            offset += size;
        }
        return bytes;
    }

    static int HeadSize(int components) =>
        Unsafe.SizeOf<LovCompMdV1>() + (components * Unsafe.SizeOf<LovCompMdEntryV1>());

    static int SizeOf(LovComponentEa component) =>
        component.Layout.Size + (HasPlaceholder(component) ? Unsafe.SizeOf<LovOstDataV1>() : 0);

    /// <summary>A kernel writes one object, on no OST, for a component that has none yet.</summary>
    static bool HasPlaceholder(LovComponentEa component) =>
        !component.IsInitialized && component.Layout.Objects.Count == 0 && component.Layout.Kind == LovPattern.RAID0;
}
