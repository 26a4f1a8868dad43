using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Parameters;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Clients;
using Lustrous.Target.Recovery;
using Lustrous.Target.Tests.Support;
using Xunit;

namespace Lustrous.Target.Tests;

/// <summary>What becomes of acknowledged requests when the target dies before its commit.</summary>
public sealed class RecoveryTests
{
    static readonly TimeSpan s_never = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void What_was_acknowledged_is_there_after_a_crash_whatever_was_committed(int kept) =>
        TargetWorld.RunWithCrashes(async world =>
        {
            Import first = await world.ConnectAsync(TargetWorld.Asked, "client-1");
            Import second = await world.ConnectAsync(TargetWorld.Asked, "client-2");
            ulong last = 0;
            for (ulong i = 0; i < 6; i++)
            {
                (Errno status, last) = await TargetWorld.WriteAsync(i % 2 == 0 ? first : second, i);
                Assert.Equal(Errno.OK, status);
            }
            world.Crash(kept);
            await world.RestartAsync();
            Assert.Equal(RecoveryStage.Clients, world.Target.Recovery!.Stage);
            await Task.WhenAll(WriteAsync(first, 100), WriteAsync(second, 101));
            Assert.Equal([0, 1, 2, 3, 4, 5, 100, 101], world.Journal());
            Assert.Contains("status: COMPLETE\n", world.Target.Recovery.Status());
            Assert.Contains("completed_clients: 2/2\n", world.Target.Recovery.Status());
            Assert.Contains($"replayed_requests: {6 - kept}\n", world.Target.Recovery.Status());
            Assert.Contains($"last_transno: {last}\n", world.Target.Recovery.Status());
            // Numbers of the next life are above all of this one.
            Assert.Equal((last >> 32) + 1, world.Target.LastTransno >> 32);
        }, s_never);

    [Fact]
    public void Nothing_is_replayed_when_all_was_committed() => TargetWorld.RunWithCrashes(async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        await TargetWorld.WriteAsync(client, 1);
        Assert.Equal(Errno.OK, await world.Target.SyncAsync());
        world.Crash(0);
        await world.RestartAsync();
        await WriteAsync(client, 2);
        Assert.Equal([1, 2], world.Journal());
        Assert.Contains("replayed_requests: 0\n", world.Target.Recovery!.Status());
    }, s_never);

    [Fact]
    public void A_client_that_does_not_come_back_is_given_up_and_the_others_go_on() => TargetWorld.RunWithCrashes(
        async world =>
    {
        Import first = await world.ConnectAsync(TargetWorld.Asked, "client-1");
        Import second = await world.ConnectAsync(TargetWorld.Asked, "client-2");
        await TargetWorld.WriteAsync(first, 1);
        await TargetWorld.WriteAsync(second, 2);
        await TargetWorld.WriteAsync(first, 3);
        world.CrashClient(second);
        world.Crash(0);
        await world.RestartAsync();
        await WriteAsync(first, 4);
        Assert.Equal([1, 3, 4], world.Journal());
        string status = world.Target.Recovery!.Status();
        Assert.Contains("completed_clients: 1/2\n", status);
        Assert.Contains("VBR: ENABLED\n", status);
        Assert.Null(world.Target.Slots!.Find("client-2"));
    }, s_never);

    [Fact]
    public void A_new_client_waits_until_the_old_ones_are_back() => TargetWorld.RunWithCrashes(async world =>
    {
        Import first = await world.ConnectAsync(TargetWorld.Asked, "client-1");
        Import gone = await world.ConnectAsync(TargetWorld.Asked, "client-2");
        await TargetWorld.WriteAsync(first, 1);
        world.CrashClient(gone);
        world.Crash(0);
        await world.RestartAsync();
        Import late = await world.NewClientAsync(TargetWorld.Asked, "client-3");
        Assert.Equal(Errno.OK, late.Connect());
        Assert.Equal(Errno.EBUSY, await late.WaitConnectedAsync(firstTryOnly: true, default));
        Assert.Contains("status: RECOVERING\n", world.Target.Recovery!.Status());
        Assert.Contains("connected_clients: ", world.Target.Recovery!.Status());
        Assert.Equal(Errno.OK, await late.WaitConnectedAsync(firstTryOnly: false, default));
        Assert.Equal(RecoveryStage.Complete, world.Target.Recovery.Stage);
        await WriteAsync(late, 2);
        Assert.Equal([1, 2], world.Journal());
    }, s_never);

    [Fact]
    public void A_client_whose_connect_is_under_way_is_not_given_up() => TargetWorld.RunWithCrashes(async world =>
    {
        Import first = await world.ConnectAsync(TargetWorld.Asked, "client-1");
        Import gone = await world.ConnectAsync(TargetWorld.Asked, "client-2");
        world.CrashClient(first);
        world.CrashClient(gone);
        world.Crash(0);
        await world.RestartAsync();
        ObdConnectData light = TargetWorld.Asked;
        light.ConnectFlags |= ConnectFlags.LIGHTWEIGHT;
        await world.ConnectAsync(light, "client-1");
        Export export = Assert.Single(world.Target.Service.ListExports());
        TargetRecovery recovery = world.Target.Recovery!;
        ClientSlot slot = world.Target.Slots!.Find("client-1")!, other = world.Target.Slots.Find("client-2")!;

        Assert.Equal(Errno.OK, recovery.Connecting(export, slot));
        while (world.Target.Slots.Find("client-2") is not null)
            await Task.Delay(TimeSpan.FromSeconds(1), world.Clock);

        Assert.Same(slot, world.Target.Slots.Find("client-1"));
        Assert.Equal(RecoveryStage.Clients, recovery.Stage);
        // Whoever was given up is a stranger, even where its line was found before it went.
        Assert.Equal(Errno.EBUSY, recovery.Connecting(export, other));
        recovery.Connected(export, 0);
        Assert.True(export.IsInRecovery);
        Assert.Contains("connected_clients: 1/2\n", recovery.Status());
        Assert.Contains("evicted_clients: 1\n", recovery.Status());
    }, s_never);

    [Fact]
    public void Crashes_during_recovery_lose_nothing() => TargetWorld.RunWithCrashes(async world =>
    {
        Import first = await world.ConnectAsync(TargetWorld.Asked, "client-1");
        Import second = await world.ConnectAsync(TargetWorld.Asked, "client-2");
        for (ulong i = 0; i < 8; i++)
            await TargetWorld.WriteAsync(i % 2 == 0 ? first : second, i);
        for (int crash = 0; crash < 5; crash++)
        {
            world.Crash(kept: crash % 2);
            await world.RestartAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(5000 + 1700 * crash), world.Clock);
        }
        await Task.WhenAll(WriteAsync(first, 100), WriteAsync(second, 101));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 100, 101], world.Journal());
    }, s_never);

    [Fact]
    public void Aborting_throws_out_who_has_not_finished() => TargetWorld.RunWithCrashes(async world =>
    {
        Import first = await world.ConnectAsync(TargetWorld.Asked, "client-1");
        Import gone = await world.ConnectAsync(TargetWorld.Asked, "client-2");
        await TargetWorld.WriteAsync(first, 1);
        world.CrashClient(gone);
        world.Crash(0);
        await world.RestartAsync();
        Assert.Equal("status: WAITING_FOR_CLIENTS\n", world.Target.Recovery!.Status());
        world.Target.Recovery.Abort();
        // The client is told that it was thrown out, and begins anew: what it had written is lost, as was asked for.
        Assert.Equal(Errno.EIO, (await TargetWorld.WriteAsync(first, 2)).Status);
        await WriteAsync(first, 3);
        Assert.Equal([3], world.Journal());
        Assert.Equal(1, world.Target.Slots!.Count);
    }, s_never);

    [Fact]
    public void A_stop_in_an_orderly_way_keeps_the_clients_in_mind() => TargetWorld.RunWithCrashes(async world =>
    {
        Import client = await world.ConnectAsync(TargetWorld.Asked);
        await TargetWorld.WriteAsync(client, 1);
        await world.StopAsync();
        await world.RestartAsync();
        Assert.NotNull(world.Target.Recovery);
        await WriteAsync(client, 2);
        Assert.Equal([1, 2], world.Journal());
        Assert.Contains("completed_clients: 1/1\n", world.Target.Recovery!.Status());
    }, s_never);

    [Fact]
    public void Lctl_sees_the_recovery_and_ends_it() => TargetWorld.RunWithCrashes(async world =>
    {
        Import gone = await world.ConnectAsync(TargetWorld.Asked, "client-1");
        Import client = await world.ConnectAsync(TargetWorld.Asked, "client-2");
        var tree = new ParameterTree();
        world.Target.AddParameters(tree);
        Assert.Equal("status: INACTIVE\n", Read("recovery_status"));
        Assert.Equal(Errno.EINVAL, Write("abort_recovery", "1"));
        world.CrashClient(gone);
        world.Crash(0);
        await world.RestartAsync();
        world.Target.AddParameters(tree);
        Assert.Equal("2", Read("instance"));
        Assert.Equal("status: WAITING_FOR_CLIENTS\n", Read("recovery_status"));
        Assert.Equal(Errno.OK, Write("abort_recovery", "1"));
        while (world.Target.Service.IsRecovering)
            await Task.Delay(TimeSpan.FromSeconds(1), world.Clock);
        Assert.StartsWith("status: COMPLETE\n", Read("recovery_status"), StringComparison.Ordinal);
        while ((await TargetWorld.WriteAsync(client, 1)).Status != Errno.OK)
            await Task.Delay(TimeSpan.FromSeconds(1), world.Clock);
        Assert.Equal(Errno.ENOENT, Write("evict_client", "client-1"));
        Assert.Equal("1", Read("num_exports"));
        Assert.Equal(Errno.OK, Write("evict_client", "client-2"));
        Assert.Equal("0", Read("num_exports"));

        string Read(string name) => tree.Match("obdfilter.test-OST0003." + name)[0].Parameter.Read!();

        Errno Write(string name, string value) =>
            tree.Match("obdfilter.test-OST0003." + name)[0].Parameter.Write!(value);
    }, s_never);

    static async Task WriteAsync(Import import, ulong value) =>
        Assert.Equal(Errno.OK, (await TargetWorld.WriteAsync(import, value)).Status);
}
