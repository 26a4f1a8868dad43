using Lustrous.Idl.LNet;
using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Simulation;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>Messages that overtake each other, and locks that go early.</summary>
public sealed class RaceTests
{
    /// <summary>Several connections between two nodes: replies and callbacks come in any order.</summary>
    [Fact]
    public void A_callback_that_comes_before_the_enqueues_reply_is_not_lost() => Seeds.Simulate(60, sim =>
    {
        sim.Network.DefaultLink = SimLinkOptions.Default with
        {
            Connections = 6,
            MaxDelay = TimeSpan.FromMilliseconds(50),
        };
        return LockCluster.RunAsync(sim, 3, async it =>
        {
            for (int round = 0; round < 4; round++)
            {
                Task<ClientLock>[] asked = [.. it.Clients.Select(
                    client => client.TakeAsync(1, LockType.Plain, LockMode.EX))];
                // Released as they come: a lock that is wanted goes at once.
                for (int i = 0; i < asked.Length; i++)
                    _ = ReleaseAsync(it.Clients[i], asked[i]);
                foreach (Task<ClientLock> task in asked)
                    await task;
            }
            Assert.Empty(it.Evicted);
        });
    });

    static async Task ReleaseAsync(LockClient client, Task<ClientLock> taken) => client.Release(await taken);

    [Fact]
    public void A_callback_for_a_lock_that_has_gone_is_a_harmless_race() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        a.Release(await a.TakeAsync(1, LockType.Plain, LockMode.EX));
        // The cancel is lost on the way, the client has no lock any more, and somebody wants it.
        int left = 1;
        it.Sim.Network.Lose = (from, to, header) =>
            from == a.Node.Nid && to == it.Server.Nid && header.Type == LNetMessageType.Put && left-- > 0;
        Task cancelled = a.Node.RunAsync(async () => await a.Namespace.CancelUnusedAsync(resource: null));
        await it.Sim.SettledAsync();
        Assert.Equal((0, 1), (a.Namespace.LockCount, it.Namespace.LockCount));
        TimeSpan before = it.Sim.Now;
        b.Release(await b.TakeAsync(1, LockType.Plain, LockMode.EX));
        Assert.True(it.Sim.Now - before < TimeSpan.FromSeconds(1), "it waited for the cancel");
        Assert.Empty(it.Evicted);
        await cancelled;
    });

    [Fact]
    public void Cancels_that_ride_along_need_no_request_of_their_own() => LockCluster.Run(1, async it =>
    {
        LockClient a = it.Clients[0];
        LdlmPolicyData bits = LockPolicies.Bits(InodeBits.LOOKUP | InodeBits.UPDATE);
        a.Release(await a.TakeAsync(1, LockType.Ibits, LockMode.PR, bits));
        a.Release(await a.TakeAsync(2, LockType.Ibits, LockMode.PR, bits));
        ClientLock inUse = await a.TakeAsync(3, LockType.Ibits, LockMode.PR, bits);
        await a.Node.RunAsync(async () =>
        {
            using LockCancels cancels =
                await a.Namespace.CollectCancelsAsync(new LdlmResId(1, 0), LockMode.EX, InodeBits.LOOKUP);
            await a.Namespace.CollectCancelsAsync(cancels, new LdlmResId(2, 0), LockMode.EX, InodeBits.XATTR);
            await a.Namespace.CollectCancelsAsync(cancels, new LdlmResId(3, 0), LockMode.EX, InodeBits.LOOKUP);
            Assert.Equal(1, cancels.Count);
            using PtlrpcRequest request = a.Namespace.NewEnqueue(
                Ptlrpc.Layout.RequestFormats.LdlmEnqueue, cancels);
            EnqueueResult result = await a.Namespace.EnqueueAsync(
                new LockRequest
                {
                    Resource = new LdlmResId(4, 0),
                    Type = LockType.Plain,
                    Mode = LockMode.PR,
                    Callbacks = a.Owner,
                }, request, cancels, default);
            Assert.Equal(Errno.OK, result.Status);
            Assert.Equal(0, cancels.Count);
            Assert.Equal(3, it.Namespace.LockCount);
            result.Lock!.Release(LockMode.PR);
        });
        a.Release(inUse);
    });

    [Fact]
    public void Unused_locks_beyond_the_limit_go_oldest_first() => LockCluster.Run(1, async it =>
    {
        LockClient a = it.Clients[0];
        a.Namespace.LruSize = 10;
        for (ulong i = 1; i <= 40; i++)
            a.Release(await a.TakeAsync(i, LockType.Plain, LockMode.PR));
        await it.Sim.SettledAsync();
        Assert.Equal((10, 10), (a.Namespace.UnusedCount, it.Namespace.LockCount));
        Assert.NotNull(a.Match(40, LockType.Plain, LockMode.PR));
        Assert.Null(a.Match(1, LockType.Plain, LockMode.PR));
        Assert.Equal(9, a.Namespace.UnusedCount);
    });

    [Fact]
    public void A_lock_that_is_used_again_and_again_stays() => LockCluster.Run(1, async it =>
    {
        LockClient a = it.Clients[0];
        a.Namespace.LruSize = 10;
        for (ulong i = 1; i <= 60; i++)
        {
            a.Release(await a.TakeAsync(i, LockType.Plain, LockMode.PR));
            a.Release(a.Match(1, LockType.Plain, LockMode.PR)!);
            await it.Sim.SettledAsync();
        }
        Assert.Equal(10, a.Namespace.UnusedCount);
    });

    [Fact]
    public void Unused_locks_go_when_they_are_old_unless_there_is_dirty_data() => LockCluster.Run(1, async it =>
    {
        LockClient a = it.Clients[0];
        a.Namespace.LruMaxAge = TimeSpan.FromMinutes(1);
        a.Owner.Drops = false;
        a.Release(await a.TakeAsync(1, LockType.Plain, LockMode.PR));
        await it.Sim.Delay(TimeSpan.FromMinutes(5));
        Assert.Equal(1, a.Namespace.UnusedCount);
        a.Owner.Drops = true;
        await it.Sim.Delay(TimeSpan.FromMinutes(2));
        Assert.Equal(0, it.Namespace.LockCount);
    });

    [Fact]
    public void A_client_that_leaves_gives_everything_back() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0];
        for (ulong i = 1; i <= 300; i++)
            a.Release(await a.TakeAsync(i, LockType.Plain, LockMode.PR));
        await a.DisposeAsync();
        Assert.Equal(0, it.Namespace.LockCount);
        await a.StartAsync();
    });
}
