using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Quota;
using Lustrous.Libcfs;
using Lustrous.Oss.Tests.Support;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Oss.Tests;

/// <summary>Which bytes there are (fiemap), advice on them, and what an OST without quotas says of those.</summary>
public sealed class MapTests
{
    const int Piece = 1 << 16;

    [Fact]
    public void Runs_of_data_are_told_in_order_and_the_last_as_the_last() => OssWorld.Run(async world =>
    {
        foreach (ulong at in (ulong[])[0, 4 * Piece, 10 * Piece])
            Assert.False((await world.Client.WriteAsync(
                OssWorld.First, new byte[Piece], false, BrwFlags.ASYNC, (at, Piece))).Failed);
        (Errno error, Fiemap head, FiemapExtent[] extents) = await MapAsync(world, 0, ulong.MaxValue, 10);
        Assert.Equal((Errno.OK, 3u), (error, head.MappedExtents));
        Assert.Equal(
            [(0UL, (ulong)Piece), (4UL * Piece, Piece), (10UL * Piece, Piece)],
            extents[..3].Select(extent => (extent.Logical, extent.Length)));
        Assert.Equal(
            [false, false, true], extents[..3].Select(extent => extent.Flags.HasFlag(FiemapExtentFlags.LAST)));
        // Without room only their number is told; a range ends the list, and so does the room.
        Assert.Equal(3u, (await MapAsync(world, 0, ulong.MaxValue, 0)).Head.MappedExtents);
        Assert.Equal(1u, (await MapAsync(world, Piece, 5 * Piece, 10)).Head.MappedExtents);
        (_, head, extents) = await MapAsync(world, 0, ulong.MaxValue, 2);
        Assert.Equal((2u, 4UL * Piece), (head.MappedExtents, extents[1].Logical));
        Assert.Equal(0u, (await MapAsync(world, 11 * Piece, 100, 2)).Head.MappedExtents);
        Assert.Equal(Errno.EPROTO, (await MapAsync(world, 0, 1, 1 << 20)).Error);
    });

    [Fact]
    public void Advice_that_makes_sense_is_taken() => OssWorld.Run(async world =>
    {
        await world.Client.WriteAsync(OssWorld.First, new byte[Piece], false, BrwFlags.ASYNC, (0, Piece));
        Assert.Equal(Errno.OK, await AdviseAsync(world, LadviseType.Willread, 0, Piece));
        Assert.Equal(Errno.OK, await AdviseAsync(world, LadviseType.Dontneed, 0, Piece));
        Assert.Equal(Errno.EOPNOTSUPP, await AdviseAsync(world, LadviseType.Lockahead, 0, Piece));
        Assert.Equal(Errno.EPROTO, await AdviseAsync(world, LadviseType.Willread, 10, 10));
        Assert.Equal(Errno.EPROTO, await AdviseAsync(world, LadviseType.Willread, 0, 10, magic: 1));
    });

    [Fact]
    public void Quotas_are_not_supported_and_nonsense_about_them_is_a_fault() => OssWorld.Run(async world =>
    {
        Assert.Equal(Errno.EOPNOTSUPP, await QuotactlAsync(world, QuotactlCommand.Q_GETOQUOTA));
        Assert.Equal(Errno.EFAULT, await QuotactlAsync(world, (QuotactlCommand)1));
    });

    static async Task<Errno> QuotactlAsync(OssWorld world, QuotactlCommand command)
    {
        using PtlrpcRequest request = world.Client.Import.NewRequest(RequestFormats.OstQuotactl);
        request.Set(Rmf.ObdQuotactl, new ObdQuotactl { Command = command });
        request.SetReplySize(Rmf.ObdQuotaIter, 0);
        return await request.SendAsync(default);
    }

    static async Task<(Errno Error, Fiemap Head, FiemapExtent[] Extents)> MapAsync(
        OssWorld world, ulong start, ulong length, uint count)
    {
        using PtlrpcRequest request = world.Client.Import.NewRequest(RequestFormats.OstGetInfoFiemap);
        int size = Unsafe.SizeOf<Fiemap>() + (int)Math.Min(count, 100) * Unsafe.SizeOf<FiemapExtent>();
        request.SetSize(Rmf.FiemapVal, size);
        request.SetReplySize(Rmf.FiemapVal, size);
        var key = new LlFiemapInfoKey
        {
            Attributes = new Obdo { ObjectId = new OstId(OssWorld.First), Valid = MdtValid.FLID },
            Fiemap = new Fiemap { Start = start, Length = length, ExtentCount = count },
        };
        "fiemap"u8.CopyTo(MemoryMarshal.AsBytes(new Span<LlFiemapInfoKey>(ref key)));
        request.Set(Rmf.FiemapKey, key);
        Errno status = await request.SendAsync(default);
        if (status != Errno.OK)
            return (status, default, []);
        ReadOnlySpan<byte> value = request.GetBytes(Rmf.FiemapVal);
        return (status, MemoryMarshal.Read<Fiemap>(value),
            MemoryMarshal.Cast<byte, FiemapExtent>(value[Unsafe.SizeOf<Fiemap>()..]).ToArray());
    }

    static async Task<Errno> AdviseAsync(
        OssWorld world, LadviseType type, ulong start, ulong end, uint magic = LadviseConst.LADVISE_MAGIC)
    {
        using PtlrpcRequest request = world.Client.Import.NewRequest(RequestFormats.OstLadvise);
        request.SetSize(Rmf.OstLadvise, Unsafe.SizeOf<LuLadvise>());
        request.Set(Rmf.OstBody, new OstBody
        {
            Attributes = new Obdo { ObjectId = new OstId(OssWorld.First), Valid = MdtValid.FLID },
        });
        request.Set(Rmf.OstLadviseHdr, new LadviseHdr { Magic = magic, Count = 1 });
        request.SetBytes(
            Rmf.OstLadvise, MemoryMarshal.AsBytes([new LuLadvise { Advice = type, Start = start, End = end }]));
        return await request.SendAsync(default);
    }
}
