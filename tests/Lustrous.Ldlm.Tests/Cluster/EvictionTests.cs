using Lustrous.Idl.LNet;
using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>Clients that do not give back what others wait for, and messages that get lost.</summary>
public sealed class EvictionTests
{
    [Fact]
    public void A_client_that_died_is_evicted_in_time_and_only_that_one() => LockCluster.Run(3, async it =>
    {
        LockClient dead = it.Clients[0], b = it.Clients[1], other = it.Clients[2];
        await dead.TakeAsync(1, LockType.Plain, LockMode.EX);
        ClientLock elsewhere = await other.TakeAsync(2, LockType.Plain, LockMode.EX);
        dead.Node.Crash(loud: false);
        TimeSpan before = it.Sim.Now;
        ClientLock taken = await b.TakeAsync(1, LockType.Plain, LockMode.EX);
        Assert.InRange(it.Sim.Now - before, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(40));
        Assert.Equal([dead.Uuid], it.Evicted);
        b.Release(taken);
        Assert.True(elsewhere.IsValid);
        other.Release(elsewhere);
    });

    [Fact]
    public void A_client_that_answers_but_never_gives_back_is_evicted() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock held = await a.TakeAsync(1, LockType.Plain, LockMode.EX);
        ClientLock taken = await b.TakeAsync(1, LockType.Plain, LockMode.EX);
        Assert.Equal([a.Uuid], it.Evicted);
        // It learns of it with its next request, and what it held is void.
        await a.LockAsync(2, LockType.Plain, LockMode.PR, default);
        await it.Sim.SettledAsync();
        Assert.False(held.IsValid);
        a.Release(held);
        await it.Sim.SettledAsync();
        Assert.Contains(a.Owner.Lost, lost => lost.Loss == LockLoss.Evicted);
        b.Release(taken);
    });

    [Fact]
    public void A_client_whose_io_goes_on_is_given_time() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock held = await a.TakeAsync(1, LockType.Extent, LockMode.PW, LockPolicies.WholeObject);
        Task<ClientLock> waiting = b.TakeAsync(1, LockType.Extent, LockMode.PW, LockPolicies.WholeObject);
        await it.Sim.SettledAsync();
        for (int i = 0; i < 10; i++)
        {
            await it.Sim.Delay(TimeSpan.FromSeconds(15));
            int prolonged = 0;
            it.Server.Host.Call(() => prolonged = it.Namespace.ProlongExtent(
                it.Target.ListExports().Single(export => export.ClientUuid == a.Uuid), new LdlmResId(1, 0), 0, 4095,
                LockMode.PW));
            Assert.Equal(1, prolonged);
        }
        Assert.Empty(it.Evicted);
        a.Release(held);
        b.Release(await waiting);
        Assert.Empty(it.Evicted);
    });

    [Fact]
    public void A_blocking_callback_that_is_lost_is_sent_again() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        a.Release(await a.TakeAsync(1, LockType.Plain, LockMode.EX));
        int left = 1;
        it.Sim.Network.Lose = (from, to, header) =>
            from == it.Server.Nid && to == a.Node.Nid && header.Type == LNetMessageType.Put && left-- > 0;
        ClientLock taken = await b.TakeAsync(1, LockType.Plain, LockMode.EX);
        Assert.Empty(it.Evicted);
        b.Release(taken);
    });

    [Fact]
    public void A_completion_that_is_lost_is_sent_again() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock first = await a.TakeAsync(1, LockType.Plain, LockMode.EX);
        Task<ClientLock> waiting = b.TakeAsync(1, LockType.Plain, LockMode.EX);
        await it.Sim.SettledAsync();
        int left = 1;
        it.Sim.Network.Lose = (from, to, header) =>
            from == it.Server.Nid && to == b.Node.Nid && header.Type == LNetMessageType.Put && left-- > 0;
        a.Release(first);
        b.Release(await waiting);
        Assert.Empty(it.Evicted);
    });

    [Fact]
    public void A_client_that_is_cut_off_while_it_waits_is_told_when_it_is_back() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock first = await a.TakeAsync(1, LockType.Plain, LockMode.EX);
        Task<ClientLock> waiting = b.TakeAsync(1, LockType.Plain, LockMode.EX);
        await it.Sim.SettledAsync();
        it.Sim.Network.Partition(it.Server.Nid, b.Node.Nid);
        a.Release(first);
        await it.Sim.Delay(TimeSpan.FromSeconds(5));
        it.Sim.Network.Heal(it.Server.Nid, b.Node.Nid);
        b.Release(await waiting);
        Assert.Empty(it.Evicted);
    });

    /// <summary>All stand still while a lock is being called back: the cancel is on its way when time is up.</summary>
    [Fact]
    public void After_a_standstill_a_client_has_time_to_give_back() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock held = await a.TakeAsync(1, LockType.Plain, LockMode.EX);
        Task<ClientLock> waiting = b.TakeAsync(1, LockType.Plain, LockMode.EX);
        await it.Sim.SettledAsync();
        it.Sim.Scheduler.StandStill(TimeSpan.FromSeconds(500));
        await it.Sim.Delay(TimeSpan.FromSeconds(1));
        a.Release(held);
        b.Release(await waiting);
        Assert.Empty(it.Evicted);
    });
}
