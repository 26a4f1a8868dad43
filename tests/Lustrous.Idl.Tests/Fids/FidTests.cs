using CsCheck;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Libcfs;

namespace Lustrous.Idl.Tests.Fids;

public sealed class FidTests
{
    static readonly Gen<Fid> AnyFid =
        Gen.Select(Gen.ULong, Gen.UInt, Gen.UInt, (seq, oid, ver) => new Fid(seq, oid, ver));

    [Theory]
    [InlineData("[0x200000007:0x1:0x0]")]
    [InlineData("[0x240000401:0xff:0x3]")]
    [InlineData("[0:0x5:0x0]")]
    public void A_FID_is_written_as_Lustre_writes_it(string text) =>
        Assert.Equal(text, Fid.Parse(text).Value.ToString());

    [Fact]
    public void The_root_is_the_one_clients_ask_for()
    {
        Assert.Equal("[0x200000007:0x1:0x0]", Fid.Root.ToString());
        Assert.True(Fid.Root is { IsRoot: true, IsSane: true, IsNamespaceVisible: true, IsNormal: false });
    }

    [Fact]
    public void Every_FID_reads_back_from_its_text_with_and_without_brackets() => AnyFid.Sample(fid =>
        Fid.Parse(fid.ToString()).Value == fid && Fid.Parse(fid.ToStringNoBrackets()).Value == fid);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("[0x1:0x2]")]
    [InlineData("[0x1:0x2:0x3:0x4]")]
    [InlineData("[0x1:0x2:0x3")]
    [InlineData("[0x1:0x100000000:0x0]")]
    [InlineData("[0x10000000000000000:0x1:0x0]")]
    [InlineData("[0x1:-1:0x0]")]
    [InlineData("[0x1: 0x1:0x0]")]
    [InlineData("[0xg:0x1:0x0]")]
    public void Text_that_is_no_FID_is_refused(string text) => Assert.Equal(Errno.EINVAL, Fid.Parse(text).Error);

    [Fact]
    public void Sequences_tell_what_an_object_is()
    {
        Assert.True(new Fid(12, 7) is { IsIgif: true, IsSane: true, IsIdif: false });
        Assert.True(new Fid(0xFFFFFFFF, 7).IsIgif);
        Assert.True(new Fid(0x100000000, 7) is { IsIdif: true, IsIgif: false, IsSane: true });
        Assert.True(new Fid(0x1FFFFFFFF, 7).IsIdif);
        Assert.False(new Fid(0x200000000, 7).IsIdif);
        Assert.True(new Fid(FidSeq.NORMAL, 1) is { IsNormal: true, IsSane: true });
        Assert.False(new Fid(FidSeq.NORMAL, 1, version: 1).IsSane);
        Assert.False(default(Fid).IsSane);
        Assert.True(default(Fid).IsZero);
        Assert.True(new Fid(FidSeq.RSVD, 1).IsSane);
    }

    [Fact]
    public void An_old_object_name_becomes_an_IDIF_and_comes_back() =>
        Gen.Select(Gen.ULong[1, Fid.MaxIdifObjectId], Gen.UInt[0, 0xFFFF]).Sample((id, index) =>
        {
            OstId old = OstId.FromIdAndSequence(id, FidSeq.OST_MDT0);
            Fid fid = old.ToFid(index).Value;
            Assert.True(fid is { IsIdif: true, IsSane: true });
            Assert.Equal(index, fid.IdifOstIndex);
            Assert.Equal(id, fid.IdifObjectId);
            Assert.Equal(old, OstId.FromFid(fid).Value);
            // The name of its lock does not tell IDIF and old name apart.
            Assert.Equal(LdlmResId.FromOstId(old), LdlmResId.FromOstFid(fid).Value);
            Assert.Equal(fid, LdlmResId.FromOstFid(fid).Value.ToOstFid(index).Value);
        });

    [Fact]
    public void A_FID_of_an_OST_object_keeps_its_bytes()
    {
        var fid = new Fid(0x240000401, 0x22);
        OstId id = OstId.FromFid(fid).Value;
        Assert.Equal(fid, id.ToFid(0).Value);
        Assert.Equal("0x240000401:34", id.ToString());
        Assert.Equal(id, OstId.Parse("0x240000401:34").Value);
    }

    [Fact]
    public void Names_out_of_bounds_are_refused()
    {
        Assert.Equal(Errno.EBADF, OstId.FromIdAndSequence(1, 0).ToFid(0x10000).Error);
        Assert.Equal(Errno.EBADF, Fid.FromIdif(1UL << 48, 0).Error);
        Assert.Equal(Errno.EBADF, OstId.FromFid(Fid.FromIgif(12, 1)).Error);
        Assert.Equal(Errno.EBADF, new OstId(new Fid(0x240000401, 1, version: 2)).ToFid(0).Error);
        Assert.Equal(Errno.EINVAL, OstId.Parse("0x240000401:0").Error);
        Assert.Equal(Errno.EINVAL, OstId.Parse("0:281474976710656").Error);
        Assert.Equal(Errno.EINVAL, OstId.Parse(":1").Error);
    }

    [Fact]
    public void A_resource_name_gives_its_FID_back() =>
        AnyFid.Sample(fid => LdlmResId.FromFid(fid).ToFid() == fid);

    [Fact]
    public void A_resource_prints_as_Lustre_logs_it() =>
        Assert.Equal("[0x200000007:0x1:0].0", new LdlmResId(0x200000007, 1).ToString());

    [Fact]
    public void A_sequence_range_reads_back_from_its_text() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.UInt, Gen.UInt[0, 1]).Sample((start, end, index, flags) =>
        {
            var range = new LuSeqRange { Start = start, End = end, Index = index, Flags = flags };
            Assert.Equal(range, LuSeqRange.Parse(range.ToString()).Value);
        });

    [Theory]
    [InlineData("[0x1-0x2]:0:xyz")]
    [InlineData("[0x1-0x2]:0")]
    [InlineData("0x1-0x2:0:mdt")]
    [InlineData("[0x1]:0:mdt")]
    public void Text_that_is_no_range_is_refused(string text) =>
        Assert.Equal(Errno.EINVAL, LuSeqRange.Parse(text).Error);

    [Fact]
    public void A_range_has_its_start_but_not_its_end()
    {
        var range = new LuSeqRange { Start = 0x200000400, End = 0x240000400 };
        Assert.Equal("[0x0000000200000400-0x0000000240000400]:0:mdt", range.ToString());
        Assert.True(range.Contains(0x200000400) && range.Contains(0x24000_03FF));
        Assert.False(range.Contains(0x240000400));
        Assert.Equal(0x40000000UL, range.Width);
    }
}
