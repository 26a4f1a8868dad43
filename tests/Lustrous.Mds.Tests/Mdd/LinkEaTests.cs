using Lustrous.Idl.Fids;
using Lustrous.Mds.Mdd;

namespace Lustrous.Mds.Tests.Mdd;

/// <summary>The names kept with an object.</summary>
public sealed class LinkEaTests
{
    static readonly Fid s_parent = new(0x2c0000403, 1);

    [Fact]
    public void A_recorded_list_reads_and_is_written_the_same()
    {
        // trusted.link of a file with two names, from 2.17-c-meta.
        byte[] recorded = Convert.FromHexString(
            "dff1ea110200000043000000000000000000000000000000"
            + "001300000002c0000403000000010000000062"
            + "001800000002c00004030000000100000000622e6c696e6b");
        var buffer = new byte[LinkEa.MaxSize];
        recorded.CopyTo(buffer, 0);
        LinkEa read = LinkEa.Read(buffer, recorded.Length);
        LinkEa written = LinkEa.New(new byte[LinkEa.MaxSize]);
        int offset = 0;
        while (read.TryNext(ref offset, out Fid parent, out ReadOnlySpan<byte> name))
            written.Add(parent, name, 0);
        Assert.Equal(2, written.Count);
        Assert.Equal(recorded, written.Bytes.ToArray());
    }

    [Fact]
    public void Names_come_and_go()
    {
        LinkEa links = LinkEa.New(new byte[LinkEa.MaxSize]);
        links.Add(s_parent, "a"u8, 0);
        links.Add(s_parent, "bb"u8, 0);
        links.Add(Fid.Root, "a"u8, 0);
        Assert.False(links.Remove(Fid.Root, "bb"u8));
        Assert.True(links.Remove(s_parent, "bb"u8));
        Assert.Equal(2, links.Count);
        int offset = 0;
        Assert.True(links.TryNext(ref offset, out Fid first, out ReadOnlySpan<byte> firstName));
        Assert.True(firstName.SequenceEqual("a"u8));
        Assert.True(links.TryNext(ref offset, out Fid second, out _));
        Assert.Equal((s_parent, Fid.Root), (first, second));
        Assert.False(links.TryNext(ref offset, out _, out _));
    }

    [Fact]
    public void A_full_list_says_that_names_are_missing()
    {
        LinkEa links = LinkEa.New(new byte[LinkEa.MaxSize]);
        for (int i = 0; i < 100; i++)
            links.Add(s_parent, new byte[100], now: 42);
        Assert.True(links.HasOverflowed);
        Assert.InRange(links.Bytes.Length, 1, LinkEa.MaxSize);
        Assert.Equal((LinkEa.MaxSize - 24) / 118, links.Count);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 0xdf, 0xf1, 0xea, 0x11, 9, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    public void A_damaged_list_is_an_empty_one(byte[] bytes)
    {
        var buffer = new byte[LinkEa.MaxSize];
        bytes.CopyTo(buffer, 0);
        Assert.Equal(0, LinkEa.Read(buffer, bytes.Length).Count);
    }
}
