using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;
using Lustrous.Utils.Commands;

namespace Lustrous.Utils.Tests.Commands;

/// <summary><c>lfs setstripe</c> and <c>getstripe</c> say what Lustre's say.</summary>
public sealed class StripeTests
{
    const ulong Eof = ulong.MaxValue;

    static LovUserCompositeEa Composite(string options) =>
        LovUserCompositeEa.Parse(StripeOptions.Parse(options.Split(' ')).Value).Value;

    [Fact]
    public void Options_after_an_end_are_of_that_component()
    {
        LovUserCompositeEa wanted = Composite("-E 4M -c 1 -E 16M -c 2 -S 64K -E -1 -c -1");
        Assert.Equal([(0UL, 4UL << 20), (4UL << 20, 16UL << 20), (16UL << 20, Eof)],
            wanted.Components.Select(one => (one.Extent.Start, one.Extent.End)));
        Assert.Equal([1, 2, 65535], wanted.Components.Select(one => (int)one.Layout.StripeCount));
        // Sizes are taken over from the component before.
        Assert.Equal([0u, 64 << 10, 64 << 10], wanted.Components.Select(one => one.Layout.StripeSize));
        Assert.All(wanted.Components, one => Assert.Equal(LovUserEa.AnyOffset, one.Layout.StripeOffset));
        Assert.Equal(1UL << 20, Composite("-E 1024 -c 1 -E eof").Components[0].Extent.End);
    }

    [Fact]
    public void Plain_options_make_a_plain_layout()
    {
        LovUserEa over = LovUserEa.Parse(StripeOptions.Parse(["-C", "8"]).Value).Value;
        Assert.Equal((LovPattern.RAID0 | LovPattern.OVERSTRIPING, 8), (over.Pattern, over.StripeCount));
        LovUserEa osts = LovUserEa.Parse(StripeOptions.Parse(["-o", "3,0-1", "-p", "flash"]).Value).Value;
        Assert.Equal([3u, 0, 1], osts.Osts);
        Assert.Equal("flash", osts.PoolName);
    }

    [Theory]
    [InlineData("-E", Errno.EINVAL)]
    [InlineData("-E 0", Errno.EINVAL)]
    [InlineData("-E 4M -E 4M", Errno.EINVAL)]
    [InlineData("-E 100001", Errno.EINVAL)]
    [InlineData("-c 2001", Errno.EINVAL)]
    [InlineData("-S 1000", Errno.EINVAL)]
    [InlineData("-o 3-1", Errno.EINVAL)]
    [InlineData("-x 1", Errno.EINVAL)]
    [InlineData("-E 1M -L mdt", Errno.EOPNOTSUPP)]
    [InlineData("-N 2", Errno.EOPNOTSUPP)]
    public void What_cannot_be_is_refused(string options, Errno error) =>
        Assert.Equal(error, StripeOptions.Parse(options.Split(' ')).Error);

    // Recording 2.17-f-layout: pfl1, with its last component without objects.
    [Fact]
    public void A_file_in_components_is_shown_as_Lustres_lfs_shows_it()
    {
        var layout = new LovCompositeEa
        {
            Generation = 4,
            Components =
            [
                Component(1, 0, 4 << 20, 1, (0, 0xA)), Component(2, 4 << 20, 16 << 20, 2, (1, 9), (0, 0xB)),
                Component(3, 16 << 20, Eof, ushort.MaxValue),
            ],
        };
        Assert.Equal(
            """
            pfl1
              lcm_layout_gen:    4
              lcm_mirror_count:  1
              lcm_entry_count:   3
                lcme_id:             1
                lcme_mirror_id:      0
                lcme_flags:          init
                lcme_extent.e_start: 0
                lcme_extent.e_end:   4194304
                  lmm_stripe_count:  1
                  lmm_stripe_size:   4194304
                  lmm_pattern:       raid0
                  lmm_layout_gen:    0
                  lmm_stripe_offset: 0
                  lmm_objects:
                  -   0: { l_ost_idx:   0, l_fid: [0x240000401:0xa:0x0] }

                lcme_id:             2
                lcme_mirror_id:      0
                lcme_flags:          init
                lcme_extent.e_start: 4194304
                lcme_extent.e_end:   16777216
                  lmm_stripe_count:  2
                  lmm_stripe_size:   4194304
                  lmm_pattern:       raid0
                  lmm_layout_gen:    0
                  lmm_stripe_offset: 1
                  lmm_objects:
                  -   0: { l_ost_idx:   1, l_fid: [0x240000401:0x9:0x0] }
                  -   1: { l_ost_idx:   0, l_fid: [0x240000401:0xb:0x0] }

                lcme_id:             3
                lcme_mirror_id:      0
                lcme_flags:          0
                lcme_extent.e_start: 16777216
                lcme_extent.e_end:   EOF
                  lmm_stripe_count:  -1
                  lmm_stripe_size:   4194304
                  lmm_pattern:       raid0
                  lmm_layout_gen:    0
                  lmm_stripe_offset: -1


            """,
            new StripeText("pfl1", isDirectory: false, []).Format(layout.ToArray()));
        Assert.Equal("2\n", new StripeText("pfl1", isDirectory: false, ["-c"]).Format(layout.ToArray()));
    }

    [Fact]
    public void A_directorys_components_are_shown_in_a_line_each() => Assert.Equal(
        """
          lcm_layout_gen:    0
          lcm_mirror_count:  1
          lcm_entry_count:   2
            lcme_id:             N/A
            lcme_mirror_id:      N/A
            lcme_flags:          0
            lcme_extent.e_start: 0
            lcme_extent.e_end:   65536
              stripe_count:  1       stripe_size:   65536       pattern:       raid0       stripe_offset: -1

            lcme_id:             N/A
            lcme_mirror_id:      N/A
            lcme_flags:          0
            lcme_extent.e_start: 65536
            lcme_extent.e_end:   EOF
              stripe_count:  2       stripe_size:   65536       pattern:       raid0       stripe_offset: -1


        """,
        new StripeText("d", isDirectory: true, ["-d"]).Format(
            StripeOptions.Parse("-E 64K -c 1 -S 64K -E -1 -c 2".Split(' ')).Value));

    static LovComponentEa Component(
        uint id, ulong start, ulong end, ushort count, params (uint Ost, uint Object)[] objects) => new()
        {
            Id = id,
            Flags = objects.Length > 0 ? LcmeFlags.INIT : 0,
            Extent = new LuExtent { Start = start, End = end },
            Layout = new LovEa
            {
                StripeSize = 4 << 20,
                StripeCount = count,
                LayoutGeneration = objects.Length > 0 ? (ushort)0 : ushort.MaxValue,
                Objects =
            [
                .. objects.Select(one => new LovOstDataV1
                {
                    ObjectId = new OstId(new Fid(0x240000401, one.Object)),
                    Index = one.Ost,
                }),
            ],
            },
        };
}
