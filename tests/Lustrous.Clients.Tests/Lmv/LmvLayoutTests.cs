using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Clients.Lmv;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Tests.Lmv;

public sealed class LmvLayoutTests
{
    const LmvHashType Fnv = LmvHashType.TYPE_FNV_1A_64;

    /// <summary>For five and for seven stripes: sum, FNV-1a, CRUSH, CRUSH2, as Lustre's own functions give them.
    /// </summary>
    public static TheoryData<string, int[], int[]> Names => new()
    {
        { "a", [2, 1, 2, 2], [6, 5, 6, 6] },
        { "f1", [1, 4, 1, 1], [4, 4, 1, 1] },
        { "f2", [2, 2, 1, 1], [5, 6, 1, 1] },
        { "f3", [3, 1, 1, 1], [6, 3, 1, 1] },
        { "f4", [4, 4, 1, 1], [0, 5, 1, 1] },
        { "d1", [4, 0, 1, 1], [2, 5, 1, 1] },
        { "file.dat", [0, 0, 3, 3], [5, 5, 5, 5] },
        { "README", [0, 2, 2, 2], [3, 3, 6, 6] },
        { "Makefile.orig", [2, 2, 4, 4], [3, 2, 6, 6] },
        { "x.bak", [3, 4, 4, 4], [6, 6, 4, 4] },
        { "x.SAV", [0, 2, 4, 4], [1, 2, 4, 4] },
        { "notes~", [4, 2, 3, 3], [0, 6, 3, 3] },
        { "a.~", [4, 4, 0, 0], [3, 0, 0, 0] },
        { ".rsync.a1B2c3", [3, 0, 1, 1], [6, 0, 1, 1] },
        { ".rsync.abcdef", [3, 0, 3, 3], [2, 2, 3, 3] },
        { ".rsync.123456", [0, 4, 1, 0], [1, 5, 1, 0] },
        { ".rsync.1234a6", [4, 3, 1, 2], [3, 0, 1, 2] },
        { ".rsync.a23456", [3, 2, 3, 1], [0, 4, 6, 1] },
        { "big.aB3dE6gH", [4, 0, 3, 3], [5, 0, 3, 3] },
        { "big.12345678", [2, 2, 3, 2], [2, 5, 3, 5] },
        { "big.a2345678", [0, 3, 3, 3], [1, 5, 5, 3] },
        { "out.12.12345", [0, 2, 0, 0], [6, 4, 0, 0] },
        { "file.mdtest.12.12345", [0, 1, 3, 2], [4, 3, 3, 2] },
        { "output.6334.log", [1, 2, 3, 4], [2, 6, 3, 4] },
    };

    [Theory, MemberData(nameof(Names))]
    public void A_name_lies_where_Lustre_looks_for_it(string name, int[] five, int[] seven)
    {
        LmvHashType[] types =
            [LmvHashType.TYPE_ALL_CHARS, Fnv, LmvHashType.TYPE_CRUSH, LmvHashType.TYPE_CRUSH2];
        for (int i = 0; i < types.Length; i++)
        {
            Assert.Equal(five[i], Parsed(types[i], 5).Place(Encoding.ASCII.GetBytes(name), 0));
            Assert.Equal(seven[i], Parsed(types[i], 7).Place(Encoding.ASCII.GetBytes(name), 0));
        }
    }

    /// <summary>Recording j-dne: files of a directory over two MDTs, and where <c>lfs getstripe -m</c> found them.
    /// </summary>
    [Theory]
    [InlineData("f1", 0)]
    [InlineData("f2", 1)]
    [InlineData("f3", 0)]
    [InlineData("f4", 1)]
    public void Names_lie_on_the_recorded_MDTs(string name, int mdt) =>
        Assert.Equal(mdt, Parsed(Fnv, 2).Place(Encoding.ASCII.GetBytes(name), 0));

    [Fact]
    public void A_migrating_directory_is_searched_where_names_were_and_then_where_they_go()
    {
        // Two new stripes, then the three old ones.
        LmvLayout layout = Parsed(Fnv | LmvHashType.FLAG_MIGRATION, 5, offset: 2, LmvHashType.TYPE_ALL_CHARS);
        Assert.Equal(2, layout.Attempts);
        Assert.Equal(2 + 'a' % 3, layout.Place("a"u8, 0));
        Assert.Equal(Parsed(Fnv, 2).Place("a"u8, 0), layout.Place("a"u8, 1));
        Assert.Equal(layout.Place("a"u8, 1), layout.PlaceForNew("a"u8).Value);
    }

    [Fact]
    public void A_directory_that_is_split_was_on_the_first_stripes()
    {
        LmvLayout layout = Parsed(Fnv | LmvHashType.FLAG_SPLIT, 5, offset: 1, Fnv);
        Assert.Equal(0, layout.Place("f2"u8, 0));
        Assert.Equal(Parsed(Fnv, 5).Place("f2"u8, 0), layout.PlaceForNew("f2"u8).Value);
    }

    [Fact]
    public void A_directory_that_is_merged_will_be_on_the_first_stripes()
    {
        LmvLayout layout = Parsed(Fnv | LmvHashType.FLAG_MERGE, 5, offset: 1, Fnv);
        Assert.Equal(Parsed(Fnv, 5).Place("f2"u8, 0), layout.Place("f2"u8, 0));
        Assert.Equal(0, layout.PlaceForNew("f2"u8).Value);
    }

    [Theory]
    [InlineData((LmvHashType)9)]
    [InlineData(Fnv | LmvHashType.FLAG_BAD_TYPE)]
    public void Where_nobody_can_tell_all_stripes_are_asked_and_no_name_is_made(LmvHashType hash)
    {
        LmvLayout layout = Parsed(hash, 3);
        Assert.Equal([0, 1, 2], Enumerable.Range(0, layout.Attempts).Select(at => layout.Place("x"u8, at)));
        Assert.Equal(Errno.EBADF, layout.PlaceForNew("x"u8).Error);
    }

    [Fact]
    public void What_is_no_layout_is_refused()
    {
        byte[] whole = Bytes(Fnv, 3);
        Assert.Equal(Errno.EPROTO, LmvLayout.Parse(whole.AsSpan(0, whole.Length - 1), out _));
        Assert.Equal(Errno.EPROTO, LmvLayout.Parse([1, 2], out _));
        Assert.Equal(Errno.EPROTO, LmvLayout.Parse([1, 2, 3, 4], out _));
        Assert.Equal(Errno.EPROTO, LmvLayout.Parse(Bytes(Fnv | LmvHashType.FLAG_MIGRATION, 2, offset: 2), out _));
        Assert.Equal(Errno.EPROTO, LmvLayout.Parse(Bytes(Fnv, 2001), out _));
        Assert.Equal(Errno.EPROTO, LmvLayout.Parse(Bytes(Fnv, 1, magic: LmvMagic.USER_MAGIC), out _));
        Assert.Equal(Errno.ENODATA, LmvLayout.Parse(Bytes(Fnv, 1, magic: LmvMagic.MAGIC_FOREIGN), out _));
    }

    [Fact]
    public void A_directory_without_stripes_and_a_stripe_itself_have_none()
    {
        Assert.Equal(Errno.OK, LmvLayout.Parse([], out LmvLayout? none));
        Assert.Null(none);
        Assert.Equal(Errno.OK, LmvLayout.Parse(Bytes(Fnv, 0), out none));
        Assert.Null(none);
        Assert.Equal(Errno.OK, LmvLayout.Parse(Bytes(Fnv, 2, magic: LmvMagic.MAGIC_STRIPE), out none));
        Assert.Null(none);
    }

    static LmvLayout Parsed(LmvHashType hash, int stripes, int offset = 0, LmvHashType oldHash = 0)
    {
        Assert.Equal(Errno.OK, LmvLayout.Parse(Bytes(hash, stripes, offset, oldHash), out LmvLayout? layout));
        Assert.Equal(stripes, layout!.Stripes.Length);
        Assert.Equal(new Fid(0x200000400, 1), layout.Stripes[0]);
        return layout;
    }

    static byte[] Bytes(
        LmvHashType hash, int stripes, int offset = 0, LmvHashType oldHash = 0, LmvMagic magic = LmvMagic.MAGIC_V1)
    {
        var bytes = new byte[Unsafe.SizeOf<LmvMdsMdV1>() + (stripes * Unsafe.SizeOf<Fid>())];
        MemoryMarshal.Write(bytes, new LmvMdsMdV1
        {
            Magic = magic,
            StripeCount = (uint)stripes,
            HashType = hash,
            MigrateHash = oldHash,
            MigrateOffset = (uint)offset,
        });
        for (int i = 0; i < stripes; i++)
        {
            MemoryMarshal.Write(
                bytes.AsSpan(Unsafe.SizeOf<LmvMdsMdV1>() + (i * Unsafe.SizeOf<Fid>())),
                new Fid(0x200000400, (uint)i + 1));
        }
        return bytes;
    }
}
