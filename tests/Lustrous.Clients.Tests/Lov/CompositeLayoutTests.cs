using Lustrous.Clients.Lov;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Clients.Tests.Lov;

/// <summary>Layouts in several components: what of them is where, and what is refused rather than misread.</summary>
public sealed class CompositeLayoutTests
{
    const ulong Eof = ulong.MaxValue;
    const uint Unit = 64 << 10;

    [Fact]
    public void Each_component_goes_round_its_own_stripes_from_the_beginning_of_the_file()
    {
        LovLayout layout = Parse(Component(1, 0, 4 * Unit, 1), Component(2, 4 * Unit, 16 * Unit, 2));
        Assert.Equal(3, layout.StripeCount);
        Assert.Equal((0, 3UL * Unit), layout.Locate(3 * Unit));
        // The fifth unit is the first of the second component, and the third round of its two stripes.
        Assert.Equal((1, 2UL * Unit), layout.Locate(4 * Unit));
        Assert.Equal((2, (2UL * Unit) + 9), layout.Locate((5 * Unit) + 9));
        Assert.Equal((5UL * Unit) + 9, layout.FileOffset(2, (2UL * Unit) + 9));
        Assert.Equal((-1, 0UL), layout.Locate(16 * Unit));
        Assert.Equal((int)Unit, layout.Run(3 * Unit, 4 * (int)Unit));
        Assert.Equal((int)Unit, layout.Run(4 * Unit, 4 * (int)Unit));
    }

    [Fact]
    public void A_cut_leaves_components_before_it_alone_and_empties_those_behind_it()
    {
        LovLayout layout = Parse(
            Component(1, 0, 4 * Unit, 1), Component(2, 4 * Unit, 16 * Unit, 2), Component(3, 16 * Unit, Eof, 1));
        ulong size = (6 * Unit) + 5;
        Assert.Null(layout.CutSize(0, size));
        Assert.Equal((3UL * Unit) + 5, layout.CutSize(1, size));
        Assert.Equal(3UL * Unit, layout.CutSize(2, size));
        Assert.Equal(0UL, layout.CutSize(3, size));
        Assert.Equal(size, Math.Max(
            layout.FileSize(1, layout.CutSize(1, size)!.Value), layout.FileSize(2, layout.CutSize(2, size)!.Value)));
    }

    [Fact]
    public void What_has_no_objects_yet_is_not_written_before_the_MDT_was_asked()
    {
        LovLayout layout = Parse(Component(1, 0, 4 * Unit, 1), Component(2, 4 * Unit, Eof, 0));
        Assert.True(layout.MayGrow);
        Assert.True(layout.IsWritable(0, 4 * Unit));
        Assert.False(layout.IsWritable(4 * Unit - 1, 4 * Unit + 1));
        Assert.Equal(4UL * Unit, layout.FirstWithoutObjects(0, Eof));
        Assert.Equal(1, layout.StripeCount);
    }

    [Fact]
    public void A_layout_that_has_grown_keeps_what_was_there()
    {
        LovLayout before = Parse(Component(1, 0, 4 * Unit, 1), Component(2, 4 * Unit, Eof, 0));
        LovLayout after = Parse(Component(1, 0, 4 * Unit, 1), Component(2, 4 * Unit, Eof, 2));
        Assert.True(after.Extends(before));
        Assert.False(before.Extends(after));
        Assert.False(Parse(Component(1, 0, 8 * Unit, 1), Component(2, 8 * Unit, Eof, 2)).Extends(before));
    }

    [Fact]
    public void An_overstriped_file_has_two_objects_on_one_OST()
    {
        LovEa ea = Stripes(7, 4, osts: 2) with { Pattern = LovPattern.RAID0 | LovPattern.OVERSTRIPING };
        LovLayout layout = LovLayout.Parse(ea.ToArray()).Value;
        Assert.Equal(4, layout.StripeCount);
        Assert.Equal(layout.Stripes[0].OstIndex, layout.Stripes[2].OstIndex);
        Assert.NotEqual(layout.Stripes[0].ObjectId, layout.Stripes[2].ObjectId);
    }

    [Theory]
    [InlineData(LcmFlags.RDONLY, 0, 0, 1, true)]        // all up to date: the first is read, none may be written
    [InlineData(LcmFlags.WRITE_PENDING, 0, 1, 1, false)]
    [InlineData(LcmFlags.WRITE_PENDING, 1, 0, 2, false)]
    public void Of_mirrors_one_that_is_up_to_date_is_used(
        LcmFlags state, int firstIsStale, int secondIsStale, uint chosen, bool mustChoose)
    {
        LcmeFlags first = firstIsStale != 0 ? LcmeFlags.STALE : 0, second = secondIsStale != 0 ? LcmeFlags.STALE : 0;
        LovLayout layout = Parse(
            state, Component(0x10001, 0, Eof, 1, first), Component(0x20002, 0, Eof, 1, second));
        Assert.Equal(chosen, Assert.Single(layout.Components).Id >> 16);
        Assert.Equal(mustChoose, layout.MustChooseMirror);
        Assert.Equal(!mustChoose, layout.IsWritable(0, 10));
        Assert.True(layout.IsMirrored);
    }

    [Fact]
    public void Mirrors_of_which_none_is_whole_are_refused()
    {
        byte[] ea = Bytes(
            LcmFlags.WRITE_PENDING, Component(0x10001, 0, Eof, 1, LcmeFlags.STALE),
            Component(0x20002, 0, Eof, 1, LcmeFlags.OFFLINE));
        Assert.Equal(Errno.EOPNOTSUPP, LovLayout.Parse(ea).Error);
    }

    [Fact]
    public void Bytes_that_contradict_themselves_are_refused()
    {
        byte[] good = Bytes(0, Component(1, 0, 4 * Unit, 1), Component(2, 4 * Unit, Eof, 2));
        Assert.Equal(Errno.OK, LovLayout.Parse(good).Error);
        for (int length = 1; length < good.Length; length++)
            Assert.Equal(Errno.EPROTO, LovLayout.Parse(good.AsSpan(0, length)).Error);
        Refuse(good, 32 + 48 + 8, 3);           // the second begins within the first
        Refuse(good, 32 + 24, 255);             // a layout that lies behind the end
        Refuse(good, 32 + 28, 8);               // and one that is too short
        Refuse(good, 14, 0);                    // no component
    }

    static void Refuse(byte[] good, int at, byte value)
    {
        byte[] bad = [.. good];
        bad[at] = value;
        bad[at + 1] = 0;
        bad[at + 2] = 0;
        Assert.Equal(Errno.EPROTO, LovLayout.Parse(bad).Error);
    }

    internal static LovComponentEa Component(uint id, ulong start, ulong end, int stripes, LcmeFlags flags = 0) => new()
    {
        Id = id,
        Flags = flags | (stripes > 0 ? LcmeFlags.INIT : 0),
        Extent = new LuExtent { Start = start, End = end },
        Layout = Stripes(id, stripes, osts: 8),
    };

    static LovEa Stripes(uint id, int count, int osts)
    {
        var objects = new LovOstDataV1[count];
        for (int i = 0; i < count; i++)
        {
            objects[i] = new LovOstDataV1
            {
                ObjectId = new OstId(new Fid(0x280000400, (id * 100) + (uint)i)),
                Index = (uint)(i % osts),
            };
        }
        return new LovEa { StripeSize = Unit, StripeCount = (ushort)(count == 0 ? 2 : count), Objects = objects };
    }

    static LovLayout Parse(params LovComponentEa[] components) => Parse(0, components);

    static LovLayout Parse(LcmFlags state, params LovComponentEa[] components)
    {
        Result<LovLayout> layout = LovLayout.Parse(Bytes(state, components));
        Assert.Equal(Errno.OK, layout.Error);
        return layout.Value;
    }

    static byte[] Bytes(LcmFlags state, params LovComponentEa[] components) =>
        new LovCompositeEa { Generation = 3, Flags = state, Components = components }.ToArray();
}
