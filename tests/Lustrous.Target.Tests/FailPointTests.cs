using Lustrous.Libcfs;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Target.Tests.Support;
using Xunit;

namespace Lustrous.Target.Tests;

/// <summary>Each place does what its number promises, and nothing is lost by it.</summary>
public sealed class FailPointTests
{
    const uint SetattrLost = 0x207, AnyRequestLost = 0x212, AnyReplyLost = 0x211, OstConnectLost = 0x201;
    const uint Setattr = 2;

    static readonly TimeSpan s_never = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(SetattrLost, 0)]
    [InlineData(AnyRequestLost, 0)]
    [InlineData(AnyRequestLost, Setattr)]
    [InlineData(ObdFail.DropOpcode, Setattr)]
    public void A_request_that_a_server_loses_is_sent_again(uint place, uint value) => TargetWorld.RunWithCrashes(
        async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        world.Faults.Set(place, place == ObdFail.DropOpcode ? FailFlags.Once : FailFlags.None, value);
        TimeSpan before = world.Now;
        await WriteAsync(client, 1);
        Assert.True(world.Faults.HasFailed);
        Assert.True(world.Now - before > TimeSpan.FromSeconds(1), "nothing was lost");
        before = world.Now;
        await WriteAsync(client, 2);
        Assert.True(world.Now - before < TimeSpan.FromSeconds(1), "these places lose one request");
        Assert.Equal([1, 2], world.Journal());
    }, s_never);

    [Fact]
    public void A_request_that_does_not_leave_its_client_is_sent_again() => TargetWorld.RunWithCrashes(async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        client.Node.Context.FailPoints.Set(ObdFail.DropRpc, FailFlags.Once);
        await WriteAsync(client, 1);
        Assert.True(client.Node.Context.FailPoints.HasFailed);
        Assert.Equal([1], world.Journal());
    }, s_never);

    [Fact]
    public void A_reply_that_is_lost_comes_with_the_resend() => TargetWorld.RunWithCrashes(async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        world.Faults.Set(AnyReplyLost);
        TimeSpan before = world.Now;
        using PtlrpcRequest request = client.NewRequest(RequestFormats.OstStatfs);
        Assert.Equal(Errno.OK, await request.SendAsync(default));
        Assert.True(world.Now - before > TimeSpan.FromSeconds(1), "nothing was lost");
        Assert.True(world.Faults.HasFailed);
    }, s_never);

    [Theory]
    [InlineData(OstConnectLost)]
    [InlineData(ObdFail.OstConnectReply)]
    public void A_client_whose_connect_has_no_answer_connects_again(uint place) => TargetWorld.RunWithCrashes(
        async world =>
    {
        world.Faults.Set(place, FailFlags.Once);
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        Assert.True(world.Faults.HasFailed);
        await WriteAsync(client, 1);
        Assert.Equal(1, world.Target.Service.ExportCount);
    }, s_never);

    [Fact]
    public void Connects_are_put_off_as_long_as_it_is_set() => TargetWorld.RunWithCrashes(async world =>
    {
        world.Faults.Set(ObdFail.RecoveryConnect);
        Import client = await world.NewClientAsync(TargetWorld.Asked, "client-1");
        Assert.Equal(Errno.OK, client.Connect());
        Assert.Equal(Errno.EAGAIN, await client.WaitConnectedAsync(firstTryOnly: true, default));
        world.Faults.Clear();
        Assert.Equal(Errno.OK, await client.WaitConnectedAsync(firstTryOnly: false, default));
    }, s_never);

    [Fact]
    public void A_request_waits_as_many_milliseconds() => TargetWorld.RunWithCrashes(async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        world.Faults.Set(ObdFail.PauseRequest, FailFlags.Once, 1500);
        TimeSpan before = world.Now;
        await WriteAsync(client, 1);
        Assert.InRange(world.Now - before, TimeSpan.FromMilliseconds(1500), TimeSpan.FromMilliseconds(2500));
    }, s_never);

    [Fact]
    public void A_replay_that_is_lost_is_replayed_again() => TargetWorld.RunWithCrashes(async world =>
    {
        Import first = await world.ConnectAsync(TargetWorld.Asked, "client-1");
        Import second = await world.ConnectAsync(TargetWorld.Asked, "client-2");
        for (ulong i = 0; i < 6; i++)
            await WriteAsync(i % 2 == 0 ? first : second, i);
        world.Crash(kept: 1);
        await world.RestartAsync();
        world.Faults.Set(ObdFail.ReplayDrop, FailFlags.Once);
        await Task.WhenAll(WriteAsync(first, 100), WriteAsync(second, 101));
        Assert.True(world.Faults.HasFailed);
        Assert.Equal([0, 1, 2, 3, 4, 5, 100, 101], world.Journal());
        Assert.Contains("completed_clients: 2/2\n", world.Target.Recovery!.Status());
    }, s_never);

    [Theory]
    [InlineData(ObdFail.ReplayDelay, 0, 1.8)]
    [InlineData(ObdFail.ReplayDelaySeconds, 2, 12)]
    public void Replays_take_their_time(uint place, uint value, double seconds) => TargetWorld.RunWithCrashes(
        async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        for (ulong i = 0; i < 6; i++)
            await WriteAsync(client, i);
        world.Crash(kept: 0);
        await world.RestartAsync();
        TimeSpan before = world.Now;
        world.Faults.Set(place, FailFlags.None, value);
        await WriteAsync(client, 100);
        Assert.True(world.Now - before >= TimeSpan.FromSeconds(seconds));
        Assert.Equal([0, 1, 2, 3, 4, 5, 100], world.Journal());
    }, s_never);

    [Fact]
    public void A_client_without_a_line_in_last_rcvd_is_served_and_forgotten() => TargetWorld.RunWithCrashes(
        async world =>
    {
        world.Faults.Set(ObdFail.ClientAdd);
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        await WriteAsync(client, 1);
        Assert.Equal(0, world.Target.Slots!.Count);
    }, s_never);

    static async Task WriteAsync(Import import, ulong value) =>
        Assert.Equal(Errno.OK, (await TargetWorld.WriteAsync(import, value)).Status);
}
