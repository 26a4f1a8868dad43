using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Clients.Lov;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;
using Lustrous.Simulation;
using Xunit;

namespace Lustrous.Clients.Tests.Lov;

public sealed class LovLayoutTests
{
    [Fact]
    public void Bytes_go_round_the_stripes()
    {
        LovLayout layout = Layout(3, 1 << 20);
        Assert.Equal((0, 0UL), layout.Locate(0));
        Assert.Equal((1, 5UL), layout.Locate((1 << 20) + 5));
        Assert.Equal((0, (1UL << 20) + 7), layout.Locate((3 << 20) + 7));
    }

    [Fact]
    public void Offsets_and_sizes_go_there_and_back() => Seeds.Each(50, seed =>
    {
        var random = new SeededRandom(seed);
        int count = 1 + random.Next(7);
        LovLayout layout = Layout(count, 0x10000u << random.Next(4));
        for (int i = 0; i < 200; i++)
        {
            ulong offset = random.NextUInt64() >> (20 + random.Next(40));
            (int stripe, ulong at) = layout.Locate(offset);
            Assert.Equal(offset, layout.FileOffset(stripe, at));
            Assert.Equal(at, layout.ObjectSize(stripe, offset));
            // A file cut there: the stripes' parts add up, and the largest of them tells the size again.
            ulong sum = 0, size = 0;
            for (int s = 0; s < count; s++)
            {
                ulong part = layout.ObjectSize(s, offset);
                sum += part;
                size = Math.Max(size, layout.FileSize(s, part));
            }
            Assert.Equal(offset, sum);
            Assert.Equal(offset, size);
        }
    });

    [Fact]
    public void The_end_of_an_object_is_the_end_of_the_file() =>
        Assert.Equal(ulong.MaxValue, Layout(4, 1 << 20).FileOffset(2, ulong.MaxValue));

    [Theory]
    [InlineData(LovMagic.V1)]
    [InlineData(LovMagic.V3)]
    public void An_EA_of_version_1_or_3_is_read(LovMagic magic)
    {
        Result<LovLayout> layout = LovLayout.Parse(Ea(magic, LovPattern.RAID0, 1 << 20, 2));
        Assert.Equal(Errno.OK, layout.Error);
        Assert.Equal(2, layout.Value.StripeCount);
        Assert.Equal(new LovStripe(new OstId(new Fid(0x280000400, 11)), 1), layout.Value.Stripes[1]);
        Assert.Equal(7u, layout.Value.Generation);
    }

    [Fact]
    public void What_is_no_layout_or_one_that_we_do_not_do_is_refused()
    {
        Assert.Equal(Errno.EPROTO, LovLayout.Parse(new byte[31]).Error);
        Assert.Equal(Errno.EPROTO, LovLayout.Parse(new byte[64]).Error);
        Assert.Equal(Errno.EPROTO, LovLayout.Parse(Ea(LovMagic.V1, LovPattern.RAID0, 1 << 20, 2).AsSpan()[..^1]).Error);
        Assert.Equal(Errno.EPROTO, LovLayout.Parse(Ea(LovMagic.V1, LovPattern.RAID0, 12345, 2)).Error);
        Assert.Equal(Errno.EPROTO, LovLayout.Parse(Ea(LovMagic.V1, LovPattern.RAID0, 0, 2)).Error);
        Assert.Equal(Errno.EOPNOTSUPP, LovLayout.Parse(Ea(LovMagic.V1, LovPattern.COMPRESS, 1 << 20, 0)).Error);
        Assert.Equal(Errno.EOPNOTSUPP, LovLayout.Parse(Ea(LovMagic.FOREIGN, LovPattern.RAID0, 1 << 20, 2)).Error);
        Assert.Equal(Errno.EPROTO, LovLayout.Parse(Ea(LovMagic.COMP_V1, LovPattern.RAID0, 1 << 20, 2)).Error);
    }

    [Fact]
    public void A_file_without_objects_and_one_in_the_archive_have_no_stripes()
    {
        Assert.Equal(0, LovLayout.Parse([]).Value.StripeCount);
        LovLayout released = LovLayout.Parse(
            Ea(LovMagic.V1, LovPattern.RAID0 | LovPattern.F_RELEASED, 1 << 20, 0, count: 4)).Value;
        Assert.True(released.IsReleased);
        Assert.Equal(0, released.StripeCount);
    }

    static LovLayout Layout(int stripes, uint size)
    {
        var made = new LovStripe[stripes];
        for (int i = 0; i < stripes; i++)
            made[i] = new LovStripe(new OstId(new Fid(0x280000400, (uint)i + 1)), (uint)i);
        return LovLayout.Create(size, made);
    }

    static byte[] Ea(LovMagic magic, LovPattern pattern, uint stripeSize, int objects, int? count = null)
    {
        int start = magic == LovMagic.V3 ? Unsafe.SizeOf<LovMdsMdV3>() : Unsafe.SizeOf<LovMdsMdV1>();
        byte[] ea = new byte[start + (objects * Unsafe.SizeOf<LovOstDataV1>())];
        MemoryMarshal.Write(ea, new LovMdsMdV1
        {
            Magic = magic,
            Pattern = pattern,
            StripeSize = stripeSize,
            StripeCount = (ushort)(count ?? objects),
            LayoutGeneration = 7,
        });
        for (int i = 0; i < objects; i++)
            MemoryMarshal.Write(ea.AsSpan(start + (i * Unsafe.SizeOf<LovOstDataV1>())), new LovOstDataV1
            {
                ObjectId = new OstId(new Fid(0x280000400, (uint)i + 10)),
                Index = (uint)i,
            });
        return ea;
    }
}
