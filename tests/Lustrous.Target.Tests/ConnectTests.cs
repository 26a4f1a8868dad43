using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Target.Tests.Support;
using Xunit;

namespace Lustrous.Target.Tests;

/// <summary>What targets grant to whom.</summary>
public sealed class ConnectTests
{
    [Fact]
    public void An_MDT_grants_what_a_client_cannot_do_without() => TargetWorld.Run(TargetKind.Mdt, async world =>
    {
        Import import = await world.ConnectAsync(TargetWorld.Asked);
        // CLIENT_CONNECT_MDT_REQD
        ConnectFlags required = ConnectFlags.FID | ConnectFlags.ATTRFID | ConnectFlags.FULL20;
        Assert.True(import.Supports(required | ConnectFlags._64BITHASH | ConnectFlags.LVB_TYPE | ConnectFlags.IBITS));
        Assert.False(import.Supports(ConnectFlags.GRANT));
        ObdConnectData granted = import.ConnectData;
        Assert.Equal(TargetConnect.KnownInodeBits, granted.InodeBitsKnown);
        Assert.Equal(8, granted.MaxModifyRpcs);
        Assert.Equal(65536U, granted.MaxEaSize);
        Assert.Equal(1U << 20, granted.BrwSize);
        Assert.Equal(LustreVersion.Code, granted.Version);
    });

    [Fact]
    public void An_OST_grants_space_and_says_how_it_is_used() => TargetWorld.Run(TargetKind.Ost, async world =>
    {
        Import import = await world.ConnectAsync(TargetWorld.Asked);
        Assert.True(import.Supports(ConnectFlags.GRANT | ConnectFlags.GRANT_PARAM | ConnectFlags.SHORTIO));
        ObdConnectData granted = import.ConnectData;
        Assert.Equal(12, granted.GrantBlockBits);
        Assert.Equal(10, granted.GrantInodeBits);
        Assert.Equal(24, granted.GrantExtentTaxKb);
        Assert.True(granted.GrantMaxBlocks >= 1);
        Assert.Equal(2U << 20, granted.Grant);
        Assert.Equal(2 << 20, world.Target.Grants!.TotalGranted);
        Assert.Equal(4U << 20, granted.BrwSize);
        Assert.Equal(ChecksumTypes.ADLER | ChecksumTypes.CRC32C, granted.ChecksumTypes);
        Assert.Equal((ulong)long.MaxValue, granted.MaxBytes);
    });

    [Theory]
    [InlineData(TargetKind.Mdt)]
    [InlineData(TargetKind.Ost)]
    public void Never_a_flag_that_was_not_asked(TargetKind kind) => TargetWorld.Run(kind, async world =>
    {
        ObdConnectData asked = new()
        {
            ConnectFlags = ConnectFlags.FULL20 | ConnectFlags.VERSION | ConnectFlags.FID | ConnectFlags.ATTRFID
                | ConnectFlags.AT,
        };
        Import import = await world.ConnectAsync(asked);
        ConnectFlags granted = import.ConnectData.ConnectFlags;
        Assert.Equal(default, granted & ~asked.ConnectFlags);
        Assert.Equal(asked.ConnectFlags & ~ConnectFlags.ATTRFID, granted & ~ConnectFlags.ATTRFID);
        Assert.Equal(default, import.ConnectData.ConnectFlags2);
        Assert.Equal(0U, import.ConnectData.Grant);
    });

    [Fact]
    public void A_client_without_FIDs_is_refused_by_an_MDT() => TargetWorld.Run(TargetKind.Mdt, async world =>
        await RefusedAsync(world, TargetWorld.Asked with
        {
            ConnectFlags = TargetWorld.Asked.ConnectFlags & ~ConnectFlags.FID,
        }));

    [Fact]
    public void A_client_of_another_OST_is_refused() => TargetWorld.Run(TargetKind.Ost, async world =>
    {
        await RefusedAsync(world, With(ConnectFlags.INDEX) with { Index = 4 });
        Import right = await world.ConnectAsync(With(ConnectFlags.INDEX) with { Index = 3 }, "client-2");
        Assert.True(right.Supports(ConnectFlags.INDEX));
    });

    [Fact]
    public void Only_an_MDT_may_have_orphans_kept() => TargetWorld.Run(TargetKind.Ost, async world =>
    {
        await RefusedAsync(world, With(ConnectFlags.SKIP_ORPHAN));
        Import mdt = await world.ConnectAsync(With(ConnectFlags.SKIP_ORPHAN | ConnectFlags.MDS), "mdt");
        Assert.True(mdt.Supports(ConnectFlags.SKIP_ORPHAN | ConnectFlags.MDS));
    });

    [Fact]
    public void A_client_that_may_only_read_is_granted_no_space() => TargetWorld.Run(TargetKind.Ost, async world =>
    {
        Import import = await world.ConnectAsync(With(ConnectFlags.RDONLY));
        Assert.False(import.Supports(ConnectFlags.GRANT));
        Assert.Equal(0, world.Target.Grants!.TotalGranted);
    });

    [Fact]
    public void Who_leaves_gives_slot_and_grant_back() => TargetWorld.Run(TargetKind.Ost, async world =>
    {
        Import first = await world.ConnectAsync(TargetWorld.Asked, "client-1");
        await world.ConnectAsync(TargetWorld.Asked, "client-2");
        await world.ConnectAsync(With(ConnectFlags.LIGHTWEIGHT), "light");
        Assert.Equal(2, world.Target.Slots!.Count);
        Assert.Equal(6 << 20, world.Target.Grants!.TotalGranted);
        await first.DisposeAsync();
        Assert.Null(world.Target.Slots.Find("client-1"));
        Assert.NotNull(world.Target.Slots.Find("client-2"));
        Assert.Equal(4 << 20, world.Target.Grants!.TotalGranted);
    });

    static ObdConnectData With(ConnectFlags flags) =>
        TargetWorld.Asked with { ConnectFlags = TargetWorld.Asked.ConnectFlags | flags };

    static async Task RefusedAsync(TargetWorld world, ObdConnectData asked)
    {
        Import import = await world.NewClientAsync(asked, "refused");
        Assert.Equal(Errno.OK, import.Connect());
        Assert.NotEqual(Errno.OK, await import.WaitConnectedAsync(firstTryOnly: true, default));
        Assert.Equal(0, world.Target.Service.ExportCount);
    }
}
