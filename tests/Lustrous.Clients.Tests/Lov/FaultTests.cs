using Lustrous.Clients.Lov;
using Lustrous.Clients.Tests.Osc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;
using Lustrous.Target;
using Xunit;

namespace Lustrous.Clients.Tests.Lov;

/// <summary>Evictions, lost servers, broken data, grants.</summary>
public sealed class FaultTests
{
    const uint FailChecksumReceive = 0x21a, FailChecksumSend = 0x21b;

    static byte[] Pattern(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)((i * 17) + (i >> 9) + seed);
        return bytes;
    }

    static void Evict(OstCluster cluster, int ost, string client)
    {
        cluster.Node.Host.Call(() =>
        {
            ServiceTarget target = cluster.Osts[ost].Target;
            target.Evict(Array.Find(target.ListExports(), export => export.ClientUuid == client)!);
        });
    }

    [Fact]
    public void An_eviction_loses_only_what_was_not_written_and_says_EIO_once() => Seeds.Simulate(10, async sim =>
    {
        OstCluster cluster = await OstCluster.StartAsync(
            sim, 1, 2, new ClientOptions { WriteBackAge = TimeSpan.FromHours(1) });
        LovLayout layout = cluster.NewFile(1);
        TestFile here = cluster.Clients[0].Open(layout), there = cluster.Clients[1].Open(layout);
        byte[] kept = Pattern(100_000), lost = Pattern(50_000, 5);
        await here.WriteAsync(0, kept);
        Assert.Equal(Errno.OK, await here.FlushAsync());
        await here.WriteAsync(20_000, lost);
        Evict(cluster, 0, "client-0");
        Assert.Equal(kept, (await there.ReadAsync(0, 200_000)).Value);
        await sim.Delay(TimeSpan.FromSeconds(60));      // the next ping tells the client
        Assert.Equal(Errno.EIO, await here.FlushAsync());
        Assert.Equal(Errno.OK, await here.FlushAsync());
        Assert.Equal(0, cluster.Clients[0].Oscs[0].DirtyBytes);
        Assert.Equal(kept, (await here.ReadAsync(0, 200_000)).Value);
        Assert.Equal(lost.Length, (await here.WriteAsync(20_000, lost)).Value);
        Assert.Equal(lost, (await there.ReadAsync(20_000, 50_000)).Value);
        Assert.NotEmpty(here.Invalidated);
        await cluster.StopAsync();
    });

    [Fact]
    public void Data_that_breaks_on_its_way_is_sent_again() => Seeds.Simulate(5, async sim =>
    {
        OstCluster cluster = await OstCluster.StartAsync(sim, 1, 2);
        LovLayout layout = cluster.NewFile(1);
        TestFile here = cluster.Clients[0].Open(layout), there = cluster.Clients[1].Open(layout);
        byte[] data = Pattern(1 << 20);
        cluster.Node.Context.FailPoints.Set(FailChecksumReceive, FailFlags.Once);
        await here.WriteAsync(0, data);
        Assert.Equal(Errno.OK, await here.FlushAsync());
        Assert.Equal(1, cluster.Clients[0].Oscs[0].Resends);
        cluster.Node.Context.FailPoints.Set(FailChecksumSend, FailFlags.Once);
        Assert.Equal(data, (await there.ReadAsync(0, data.Length)).Value);
        Assert.Equal(1, cluster.Clients[1].Oscs[0].Resends);
        await cluster.StopAsync();
    });

    [Fact]
    public void Data_that_always_breaks_is_an_error_after_a_while() => Simulation.Simulation.Run(1, async sim =>
    {
        OstCluster cluster = await OstCluster.StartAsync(sim, 1, 1);
        TestFile file = cluster.Clients[0].Open(cluster.NewFile(1));
        cluster.Node.Context.FailPoints.Set(FailChecksumReceive);
        await file.WriteAsync(0, Pattern(1 << 20));
        Assert.Equal(Errno.EIO, await file.FlushAsync());
        cluster.Node.Context.FailPoints.Clear();
        Assert.Equal(Errno.OK, await file.FlushAsync());
        await cluster.StopAsync();
    });

    [Fact]
    public void A_client_can_leave_though_its_server_has_died() => Simulation.Simulation.Run(1, async sim =>
    {
        OstCluster cluster = await OstCluster.StartAsync(sim, 2, 1);
        TestFile file = cluster.Clients[0].Open(cluster.NewFile(1));
        await file.WriteAsync(0, Pattern(3 << 20));
        cluster.Node.Crash(loud: true);
        await sim.Delay(TimeSpan.FromMinutes(2));
        await cluster.Clients[0].StopAsync();
        Assert.Equal(0, cluster.Clients[0].Oscs[0].DirtyBytes);
    });

    [Fact]
    public void Client_and_server_agree_on_the_grant_and_it_is_never_exceeded() => Seeds.Simulate(15, async sim =>
    {
        SeededRandom random = sim.Random;
        OstCluster cluster = await OstCluster.StartAsync(sim, 1, 2, new ClientOptions
        {
            MaxDirtyBytes = 1L << (18 + random.Next(6)),
            MaxRpcBytes = 256 << (10 + random.Next(4)),
        }, capacity: 48 << 20);
        LovLayout layout = cluster.NewFile(1);
        TestFile[] files = [cluster.Clients[0].Open(layout), cluster.Clients[1].Open(layout)];
        for (int i = 0; i < 60; i++)
        {
            byte[] data = Pattern(1 + random.Next(300_000), i);
            await files[random.Next(2)].WriteAsync((ulong)random.Next(8 << 20), data);
            for (int c = 0; c < 2; c++)
                Assert.True(cluster.Clients[c].Oscs[0].GrantBytes >= 0);
        }
        foreach (TestFile file in files)
            Assert.Equal(Errno.OK, await file.FlushAsync());
        if (random.Next(2) == 0)
            await cluster.Clients[0].RunAsync(() => cluster.Clients[0].Oscs[0].ShrinkGrantAsync(default));
        await sim.SettledAsync();
        foreach (Export export in cluster.Osts[0].Target.ListExports())
        {
            long ours = cluster.Clients[export.ClientUuid == "client-0" ? 0 : 1].Oscs[0].GrantBytes;
            Assert.Equal(TargetExport.Of(export).Grant!.Granted, ours);
        }
        await cluster.StopAsync();
    });

    [Fact]
    public void Cuts_of_the_network_lose_nothing() => Seeds.Simulate(10, async sim =>
    {
        SeededRandom random = sim.Random;
        OstCluster cluster = await OstCluster.StartAsync(sim, 2, 2);
        LovLayout layout = cluster.NewFile(1, stripeSize: 64 << 10);
        TestFile[] files = [cluster.Clients[0].Open(layout), cluster.Clients[1].Open(layout)];
        byte[] model = new byte[2 << 20];
        for (int i = 0; i < 20; i++)
        {
            int at = random.Next(1 << 20), length = 1 + random.Next(400_000);
            byte[] data = Pattern(length, i);
            TestClient client = cluster.Clients[random.Next(2)];
            Task<Result<int>> write = files[cluster.Clients.IndexOf(client)].WriteAsync((ulong)at, data);
            if (random.Next(2) == 0)
                sim.Network.Cut(client.Node.Nid, cluster.Node.Nid);
            Assert.Equal(length, (await write).Value);
            data.CopyTo(model, at);
        }
        int end = Array.FindLastIndex(model, b => b != 0) + 1;
        foreach (TestFile file in files)
            Assert.Equal(model[..end], (await file.ReadAsync(0, model.Length)).Value[..end]);
        await cluster.StopAsync();
    });
}
