using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Tests.Support;
using Xunit;

namespace Lustrous.Target.Tests;

/// <summary>Numbers of transactions, and what clients hear of their commits.</summary>
public sealed class TransactionTests
{
    [Fact]
    public void Every_change_gets_the_next_transno_in_its_reply() => TargetWorld.Run(TargetKind.Ost, async world =>
    {
        Import first = await world.ConnectAsync(TargetWorld.Asked, "client-1");
        Import second = await world.ConnectAsync(TargetWorld.Asked, "client-2");
        Assert.Equal((Errno.OK, Epoch + 1), await TargetWorld.ChangeAsync(first));
        Assert.Equal((Errno.OK, Epoch + 2), await TargetWorld.ChangeAsync(second));
        Assert.Equal((Errno.EDQUOT, 0UL), await TargetWorld.ChangeAsync(first, Errno.EDQUOT));
        Assert.Equal((Errno.OK, Epoch + 3), await TargetWorld.ChangeAsync(first));
        Assert.Equal(Epoch + 3, world.Target.LastTransno);
        Assert.Equal(Epoch + 3, world.Target.Slots!.Find("client-1")!.LastTransno);
        Assert.Equal(Epoch + 2, world.Target.Slots.Find("client-2")!.LastTransno);
        Assert.Equal(Epoch + 3, world.Target.LastCommitted);
        Assert.Equal(Epoch + 3, ExportOf(world, "client-1").LastCommitted);
        Assert.Equal(Epoch + 2, ExportOf(world, "client-2").LastCommitted);
    });

    [Fact]
    public void A_client_hears_of_the_commit_only_when_it_has_happened() => TargetWorld.Run(
        TargetKind.Ost, async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        await TargetWorld.ChangeAsync(client);
        await TargetWorld.ChangeAsync(client);
        Assert.Equal(Epoch + 2, world.Target.LastTransno);
        Assert.Equal(0UL, world.Target.LastCommitted);
        Assert.Equal(0UL, ExportOf(world, "client-1").LastCommitted);
        Assert.Equal(Errno.OK, await world.Target.SyncAsync());
        Assert.Equal(Epoch + 2, world.Target.LastCommitted);
        Assert.Equal(Epoch + 2, ExportOf(world, "client-1").LastCommitted);
    }, commitDelay: TimeSpan.FromHours(1));

    [Fact]
    public void Commits_come_by_themselves_after_the_delay() => TargetWorld.Run(TargetKind.Ost, async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        await TargetWorld.ChangeAsync(client);
        Assert.Equal(0UL, world.Target.LastCommitted);
        // Pings pass the time: the client waits for its commit.
        for (int i = 0; i < 100 && world.Target.LastCommitted == 0; i++)
        {
            using PtlrpcRequest ping = client.NewRequest(RequestFormats.ObdPing);
            await ping.SendAsync(default);
            await Task.Delay(TimeSpan.FromSeconds(1), world.Clock);
        }
        Assert.Equal(Epoch + 1, world.Target.LastCommitted);
    }, commitDelay: TimeSpan.FromSeconds(5));

    [Fact]
    public void What_was_lost_is_never_called_committed() => TargetWorld.Run(TargetKind.Ost, async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        await TargetWorld.ChangeAsync(client);
        Assert.Equal(Errno.OK, await world.Target.SyncAsync());
        await TargetWorld.ChangeAsync(client);
        world.Device.Fail();
        Assert.Equal(Epoch + 1, world.Target.LastCommitted);
        Assert.Equal((Errno.EIO, 0UL), await TargetWorld.ChangeAsync(client));
        Assert.Equal(Errno.EIO, await world.Target.SyncAsync());
        Assert.Equal(Epoch + 1, ExportOf(world, "client-1").LastCommitted);
    }, commitDelay: TimeSpan.FromHours(1));

    [Fact]
    public void Statfs_says_what_is_there() => TargetWorld.Run(TargetKind.Ost, async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        using PtlrpcRequest request = client.NewRequest(RequestFormats.OstStatfs);
        Assert.Equal(Errno.OK, await request.SendAsync(default));
        ObdStatfs statfs = request.Get(Rmf.ObdStatfs).Value;
        Assert.Equal(4096U, statfs.BlockSize);      // 0 would stop a kernel client
        Assert.Equal(256UL << 20 >> 12, statfs.Blocks);
        Assert.Equal(Errno.OK, world.Device.Statfs(out ObdStatfs own));
        Assert.Equal(own.BlocksAvailable, statfs.BlocksAvailable);
        Assert.Equal(statfs.Blocks - 1, statfs.BlocksAvailable);     // last_rcvd
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_MDT_answers_both_forms_of_statfs(bool withBody) => TargetWorld.Run(TargetKind.Mdt, async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        using PtlrpcRequest request = client.NewRequest(
            withBody ? RequestFormats.MdsStatfsNew : RequestFormats.MdsStatfs);
        Assert.Equal(Errno.OK, await request.SendAsync(default));
        Assert.Equal(4096U, request.Get(Rmf.ObdStatfs).Value.BlockSize);
    });

    /// <summary>What the first transno of a new disk follows.</summary>
    const ulong Epoch = 1UL << 32;

    static Export ExportOf(TargetWorld world, string uuid) =>
        world.Target.Service.ListExports().Single(export => export.ClientUuid == uuid);
}
