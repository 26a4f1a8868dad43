using System.Globalization;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;

namespace Lustrous.Utils.Commands;

/// <summary><c>lfs getstripe</c> of a layout in several components.</summary>
/// <param name="path">As it was given; empty for none in front.</param>
/// <param name="isDirectory">Then the layout is what new files get.</param>
/// <remarks>Source: lov_dump_comp_v1 and its like, lustre/utils/liblustreapi.c.</remarks>
sealed class CompositeStripeText(string path, bool isDirectory)
{
    readonly StringBuilder _text = new();

    public string Format(LovCompositeEa layout)
    {
        if (path.Length > 0)
            _text.Append(path).Append('\n');
        Line("  lcm_layout_gen:    ", layout.Generation);
        Line("  lcm_mirror_count:  ", layout.MirrorCount + 1);
        Line("  lcm_entry_count:   ", layout.Components.Count);
        foreach (LovComponentEa component in layout.Components)
        {
            Line("    lcme_id:             ", isDirectory ? "N/A" : component.Id);
            Line("    lcme_mirror_id:      ", isDirectory ? "N/A" : component.Id >> 16);
            Line("    lcme_flags:          ", Flags(component.Flags));
            Line("    lcme_extent.e_start: ", component.Extent.Start);
            Line("    lcme_extent.e_end:   ", End(component.Extent.End));
            if (isDirectory)
                Directory(component.Layout);
            else
                File(component);
            _text.Append('\n');
        }
        return _text.ToString();
    }

    void Directory(LovEa layout)
    {
        bool isOnMdt = layout.Kind == LovPattern.MDT;
        string first = layout.LayoutGeneration == ushort.MaxValue ? "-1" : Number(layout.LayoutGeneration);
        string[] fields =
        [
            "stripe_count:  " + Count(layout, isOnMdt), "stripe_size:   " + Number(layout.StripeSize),
            "pattern:       " + StripeText.Pattern(layout.Pattern),
            (isOnMdt ? "mdt_index:     " : "stripe_offset: ") + first,
        ];
        _text.Append("      ").AppendJoin("       ", fields);
        if (layout.PoolName.Length > 0)
            _text.Append("       pool:          ").Append(layout.PoolName);
        _text.Append('\n');
    }

    void File(LovComponentEa component)
    {
        LovEa layout = component.Layout;
        bool isOnMdt = layout.Kind == LovPattern.MDT;
        Line("      lmm_stripe_count:  ", Count(layout, isOnMdt));
        Line("      lmm_stripe_size:   ", layout.StripeSize);
        Line("      lmm_pattern:       ", StripeText.Pattern(layout.Pattern));
        // What has no objects keeps in this place where the first of them is to be.
        Line("      lmm_layout_gen:    ", component.IsInitialized ? layout.LayoutGeneration : 0);
        if (isOnMdt)
            Line("      lmm_mdt_index:     ", 0);
        else
            Line("      lmm_stripe_offset: ", layout.Objects.Count > 0 ? layout.Objects[0].Index : "-1");
        if (layout.PoolName.Length > 0)
            Line("      lmm_pool:          ", layout.PoolName);
        if (layout.Objects.Count == 0)
            return;
        _text.Append("      lmm_objects:\n");
        for (int i = 0; i < layout.Objects.Count; i++)
        {
            LovOstDataV1 one = layout.Objects[i];
            Result<Fid> fid = one.ObjectId.ToFid(one.Index);
            _text.Append(CultureInfo.InvariantCulture, $"      - {i,3}: {{ l_ost_idx: {one.Index,3}, l_fid: ")
                .Append(CultureInfo.InvariantCulture, $"{(fid.Failed ? default : fid.Value)} }}\n");
        }
    }

    void Line(string name, object value) =>
        _text.Append(name).Append(Convert.ToString(value, CultureInfo.InvariantCulture)).Append('\n');

    static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);

    static string Count(LovEa layout, bool isOnMdt) => isOnMdt ? "0"
        : layout.StripeCount == ushort.MaxValue ? "-1"
        : Number(layout.StripeCount);

    static string End(ulong end) => end == ulong.MaxValue ? "EOF" : end.ToString(CultureInfo.InvariantCulture);

    static string Flags(LcmeFlags flags)
    {
        var names = new List<string>();
        foreach ((LcmeFlags flag, string name) in (ReadOnlySpan<(LcmeFlags, string)>)
            [
                (LcmeFlags.INIT, "init"), (LcmeFlags.STALE, "stale"), (LcmeFlags.OFFLINE, "offline"),
                (LcmeFlags.NOSYNC, "nosync"), (LcmeFlags.EXTENSION, "extension"),
            ])
        {
            if ((flags & flag) != 0)
                names.Add(name);
        }
        if ((flags & LcmeFlagsMasks.PREF_RW) != 0)
            names.Add("prefer");
        return names.Count == 0 ? "0" : string.Join(',', names);
    }
}
