using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Layout;

namespace Lustrous.Utils.Commands;

/// <summary><c>lfs getstripe</c>: a layout in Lustre's words.</summary>
/// <param name="path">As it was given.</param>
/// <param name="isDirectory">Then the layout is what new files get.</param>
/// <param name="options">-c, -S, -i: only that number; -d: no path in front.</param>
/// <remarks>Source: lov_dump_user_lmm_header and lov_dump_user_lmm_v1v3, lustre/utils/liblustreapi.c.</remarks>
sealed class StripeText(string path, bool isDirectory, string[] options)
{
    /// <summary>A file without objects, or a directory without a default of its own.</summary>
    public string Nothing() => isDirectory
        ? $"{path}\nstripe_count:  1 stripe_size:   1048576 pattern:       raid0 stripe_offset: -1\n\n"
        : $"{path} has no stripe info\n";

    /// <summary>A layout as <c>lov_user_md</c>, plain or in several components; other kinds only by name.</summary>
    public string Format(ReadOnlySpan<byte> layout)
    {
        if (LovCompositeEa.IsComposite(layout) && LovCompositeEa.Parse(layout) is { Failed: false } composite)
            return Composite(composite.Value);
        if (layout.Length < Unsafe.SizeOf<LovUserMdV1>())
            return $"{path} has no stripe info\n";
        LovUserMdV1 head = MemoryMarshal.Read<LovUserMdV1>(layout);
        bool isV3 = head.Magic == LovUserMagic.V3;
        if (!isV3 && head.Magic != LovUserMagic.V1)
            return string.Create(CultureInfo.InvariantCulture, $"{path}\nlmm_magic: 0x{(uint)head.Magic:x8}\n\n");
        int at = isV3 ? Unsafe.SizeOf<LovUserMdV3>() : Unsafe.SizeOf<LovUserMdV1>();
        if (isV3 && layout.Length < at)
            return $"{path} has no stripe info\n";
        ReadOnlySpan<LovOstDataV1> objects = MemoryMarshal.Cast<byte, LovOstDataV1>(layout[at..]);
        objects = objects[..Math.Min(objects.Length, isDirectory ? 0 : head.StripeCount)];
        int offset = objects.Length > 0 ? (int)objects[0].Index
            : head.StripeOffset == ushort.MaxValue ? -1 : head.StripeOffset;
        if (OnlyOne(head, offset) is { } one)
            return one + "\n";
        string pool = isV3 ? MemoryMarshal.Read<LovUserMdV3>(layout).PoolName.ToString() : "";
        return isDirectory ? Directory(head, offset, pool) : File(head, offset, pool, objects);
    }

    /// <summary>One number of a layout in several components is that of the last one with objects.</summary>
    string Composite(LovCompositeEa layout)
    {
        LovComponentEa last = layout.Components.LastOrDefault(one => one.IsInitialized) ?? layout.Components[^1];
        var head = new LovUserMdV1 { StripeCount = last.Layout.StripeCount, StripeSize = last.Layout.StripeSize };
        if (OnlyOne(head, last.Layout.Objects.Count > 0 ? (int)last.Layout.Objects[0].Index : -1) is { } one)
            return one + "\n";
        bool hasPath = !isDirectory || !options.Contains("-d");
        return new CompositeStripeText(hasPath ? path : "", isDirectory).Format(layout);
    }

    string? OnlyOne(in LovUserMdV1 head, int offset)
    {
        if (options.Contains("-c"))
            return Count(head.StripeCount);
        if (options.Contains("-S"))
            return head.StripeSize.ToString(CultureInfo.InvariantCulture);
        return options.Contains("-i") ? offset.ToString(CultureInfo.InvariantCulture) : null;
    }

    string Directory(in LovUserMdV1 head, int offset, string pool)
    {
        string text = string.Create(CultureInfo.InvariantCulture,
            $"stripe_count:  {Count(head.StripeCount)} stripe_size:   {head.StripeSize} ")
            + string.Create(CultureInfo.InvariantCulture,
                $"pattern:       {Pattern(head.Pattern)} stripe_offset: {offset}");
        string first = options.Contains("-d") ? "" : path + "\n";
        return $"{first}{text}{(pool.Length > 0 ? " pool:          " + pool : "")}\n\n";
    }

    string File(in LovUserMdV1 head, int offset, string pool, ReadOnlySpan<LovOstDataV1> objects)
    {
        // A file with objects keeps its layout's generation where a wish has the first OST.
        int generation = objects.Length > 0 ? head.StripeOffset : 0;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{path}\nlmm_stripe_count:  {Count(head.StripeCount)}\n")
            .Append(CultureInfo.InvariantCulture, $"lmm_stripe_size:   {head.StripeSize}\n")
            .Append(CultureInfo.InvariantCulture, $"lmm_pattern:       {Pattern(head.Pattern)}\n")
            .Append(CultureInfo.InvariantCulture, $"lmm_layout_gen:    {generation}\n")
            .Append(CultureInfo.InvariantCulture, $"lmm_stripe_offset: {offset}\n");
        if (pool.Length > 0)
            text.Append(CultureInfo.InvariantCulture, $"lmm_pool:          {pool}\n");
        if (objects.Length > 0)
            text.Append("\tobdidx\t\t objid\t\t objid\t\t group\n");
        foreach (LovOstDataV1 stripe in objects)
        {
            ulong id = stripe.ObjectId.Id;
            text.Append(CultureInfo.InvariantCulture, $"\t{stripe.Index,6}\t{id,14}\t{Hex(id),13}")
                .Append(CultureInfo.InvariantCulture, $"\t{Hex(stripe.ObjectId.Sequence),14}\n");
        }
        return text.Append('\n').ToString();
    }

    static string Hex(ulong number) => "0x" + number.ToString("x", CultureInfo.InvariantCulture);

    static string Count(ushort count) =>
        count == ushort.MaxValue ? "-1" : count.ToString(CultureInfo.InvariantCulture);

    internal static string Pattern(LovPattern pattern)
    {
        var names = new List<string>();
        if ((pattern & LovPattern.RAID0) != 0 || pattern == 0)
            names.Add("raid0");
        if ((pattern & LovPattern.MDT) != 0)
            names.Add("mdt");
        if ((pattern & LovPattern.OVERSTRIPING) != 0)
            names.Add("overstriped");
        if ((pattern & LovPattern.F_RELEASED) != 0)
            names.Add("released");
        return string.Join(',', names);
    }
}
