using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;

namespace Lustrous.Idl.Tests.Layout;

/// <summary>Layouts as bytes.</summary>
public sealed class LovEaTests
{
    // Recording 2.17-b-basic: layout of a file over two OSTs, and what lfs setstripe had sent for it.
    const string Recorded =
        "d00bd10b010000000300000000000000020400000200000000001000020000000104008002000000020000000000000000000000"
        + "01000000010400400200000002000000000000000000000000000000";
    const string Asked = "d00bd10b0100000000000000000000000000000000000000000010000200ffff";

    [Fact]
    public void A_kernel_MDTs_layout_reads_and_rewrites_unchanged()
    {
        byte[] bytes = Convert.FromHexString(Recorded);
        LovEa layout = LovEa.Parse(bytes).Value;
        Assert.Equal((LovMagic.V1, LovPattern.RAID0, 1U << 20, (ushort)2),
            (layout.Magic, layout.Pattern, layout.StripeSize, layout.StripeCount));
        Assert.Equal(LovEa.FileIdOf(new Fid(0x200000402, 3)), layout.FileId);
        Assert.Equal([new Fid(0x280000401, 2), new Fid(0x240000401, 2)],
            layout.Objects.Select(static item => item.ObjectId.ToFid(item.Index).Value).ToArray());
        Assert.Equal([1U, 0U], layout.Objects.Select(static item => item.Index).ToArray());
        Assert.Equal(bytes, layout.ToArray());
    }

    [Fact]
    public void What_lfs_setstripe_sends_reads_and_rewrites_unchanged()
    {
        byte[] bytes = Convert.FromHexString(Asked);
        LovUserEa asked = LovUserEa.Parse(bytes).Value;
        Assert.Equal((LovPattern.RAID0, 1U << 20, (ushort)2, LovUserEa.AnyOffset),
            (asked.Pattern, asked.StripeSize, asked.StripeCount, asked.StripeOffset));
        Assert.Equal(bytes, asked.ToArray());
    }

    [Fact]
    public void A_pool_needs_the_longer_form()
    {
        var layout = new LovEa
        {
            Magic = LovMagic.V3,
            StripeSize = 65536,
            StripeCount = 1,
            PoolName = "flash",
            Objects = [new LovOstDataV1 { ObjectId = new OstId(new Fid(0x240000401, 9)), Index = 4 }],
        };
        LovEa read = LovEa.Parse(layout.ToArray()).Value;
        Assert.Equal((48 + 24, "flash", 4U), (layout.Size, read.PoolName, read.Objects[0].Index));
        var listed = new LovUserEa { Magic = LovUserMagic.SPECIFIC, StripeCount = 2, Osts = [3, 1], PoolName = "p" };
        LovUserEa again = LovUserEa.Parse(listed.ToArray()).Value;
        Assert.Equal([3U, 1U], again.Osts.ToArray());
        Assert.Equal("p", again.PoolName);
    }

    [Fact]
    public void A_released_file_keeps_its_number_of_stripes_and_has_no_objects()
    {
        var layout = new LovEa
        {
            Pattern = LovPattern.RAID0 | LovPattern.F_RELEASED,
            StripeSize = 65536,
            StripeCount = 7,
        };
        LovEa read = LovEa.Parse(layout.ToArray()).Value;
        Assert.True(read.IsReleased);
        Assert.Empty(read.Objects);
        Assert.Equal(7, read.StripeCount);
    }

    [Fact]
    public void Bytes_that_are_no_layout_are_refused()
    {
        byte[] bytes = Convert.FromHexString(Recorded);
        for (int length = 0; length < bytes.Length; length++)
            Assert.Equal(Errno.EINVAL, LovEa.Parse(bytes.AsSpan(0, length)).Error);
        for (int i = 0; i < 4; i++)
            Assert.Equal(Errno.EINVAL, LovEa.Parse(With(bytes, i, 0xEE)).Error);
        Assert.Equal(Errno.EINVAL, LovEa.Parse(With(bytes, 24, 1)).Error);      // the size of a stripe
        Assert.Equal(Errno.EINVAL, LovEa.Parse(With(bytes, 28, 3)).Error);      // more stripes than objects
        byte[] asked = Convert.FromHexString(Asked);
        Assert.Equal(Errno.EINVAL, LovUserEa.Parse(With(asked, 24, 1)).Error);
        Assert.Equal(Errno.EINVAL, LovUserEa.Parse(With(asked, 29, 0xF0)).Error);
        Assert.Equal(Errno.EINVAL, LovUserEa.Parse(With(asked, 2, 0xD5)).Error);    // OSTs named that do not follow
    }

    static byte[] With(byte[] bytes, int at, byte value)
    {
        var changed = (byte[])bytes.Clone();
        changed[at] = value;
        return changed;
    }
}
