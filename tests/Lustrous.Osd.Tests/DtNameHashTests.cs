using Lustrous.Obdclass.Storage;
using Xunit;

namespace Lustrous.Osd.Tests;

/// <summary>Positions in directories, as kernel clients see them.</summary>
public sealed class DtNameHashTests
{
    static readonly UInt128 s_key = new(0x0F0E0D0C0B0A0908, 0x0706050403020100);

    [Fact]
    public void Dot_and_dotdot_stand_where_a_kernel_MDT_has_them()
    {
        // First page of a directory in recordings/2.17-g-statahead: hashes 0 and 0x100000000.
        Assert.Equal(0UL, DtNameHash.Of("."u8, s_key));
        Assert.Equal(0x100000000UL, DtNameHash.Of(".."u8, s_key));
    }

    [Fact]
    public void Names_are_hashed_as_SipHash_1_3_says()
    {
        // Test vectors of the algorithm, less the bit that clients need.
        Assert.Equal(0xABAC0158050FC4DC >> 1, DtNameHash.Of(default, s_key));
        Assert.Equal(0xC9F49BF37D57CA93 >> 1, DtNameHash.Of([0], s_key));
        Assert.Equal(0x82CB9B024DC7D44D >> 1, DtNameHash.Of([0, 1], s_key));
    }

    [Fact]
    public void Another_key_gives_another_order()
    {
        Assert.NotEqual(DtNameHash.Of("name"u8, s_key), DtNameHash.Of("name"u8, s_key + 1));
        for (int i = 0; i < 10000; i++)
            Assert.InRange(DtNameHash.Of(BitConverter.GetBytes(i), s_key), DtNameHash.First, DtNameHash.Last);
    }
}
