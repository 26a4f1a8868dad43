using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>The server dies and comes back: with recovery its clients keep their locks, without they lose
/// them.</summary>
public sealed class RestartTests
{
    [Fact]
    public void Locks_are_told_again_to_a_server_that_recovers() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock used = await a.TakeAsync(1, LockType.Plain, LockMode.EX);
        ClientLock unused = await a.TakeAsync(2, LockType.Extent, LockMode.PW, LockPolicies.WholeObject);
        a.Release(unused);
        Task<ClientLock> waiting = b.TakeAsync(1, LockType.Plain, LockMode.PR);
        await it.Sim.SettledAsync();
        ulong before = unused.RemoteHandle;
        await it.RestartServerAsync(isRecovering: true);
        await FullAsync(it);
        it.Target.IsRecovering = false;
        it.Server.Host.Call(it.Namespace.RecoveryDone);
        Assert.NotEqual(before, unused.RemoteHandle);
        Assert.True(used.IsValid && unused.IsValid);
        Assert.Equal((3, 2), (it.Namespace.LockCount, it.Namespace.ResourceCount));
        Assert.Empty(a.Owner.Lost);
        // They are as good as before: who wants one gets it, and who waited is served.
        b.Release(await b.TakeAsync(2, LockType.Extent, LockMode.PR, LockPolicies.WholeObject));
        Assert.Same(unused, Assert.Single(a.Owner.Lost).Lock);
        a.Release(used);
        await a.Node.RunAsync(async () => await a.Namespace.CancelUnusedAsync(resource: null));
        b.Release(await waiting);
    });

    [Fact]
    public void A_server_that_comes_back_empty_leaves_no_locks_and_nothing_hangs() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock used = await a.TakeAsync(1, LockType.Plain, LockMode.EX);
        ClientLock unused = await a.TakeAsync(2, LockType.Plain, LockMode.EX);
        a.Release(unused);
        Task<EnqueueResult> waiting = b.LockAsync(1, LockType.Plain, LockMode.PR, default);
        await it.Sim.SettledAsync();
        await it.RestartServerAsync(isRecovering: false);
        EnqueueResult lost = await waiting;
        Assert.Equal(Errno.EIO, lost.Status);
        await FullAsync(it);
        Assert.False(used.IsValid);
        Assert.Null(a.Match(2, LockType.Plain, LockMode.EX));
        a.Release(used);
        await it.Sim.SettledAsync();
        Assert.Equal((0, 0), (a.Namespace.LockCount, b.Namespace.LockCount));
        Assert.All(a.Owner.Lost, loss => Assert.Equal(LockLoss.Evicted, loss.Loss));
        b.Release(await b.TakeAsync(1, LockType.Plain, LockMode.EX));
    });

    static async Task FullAsync(LockCluster it)
    {
        foreach (LockClient client in it.Clients)
            client.Node.Host.Call(() => client.Import.Recover());
        while (it.Clients.Any(client => client.Import.State != ImportState.Full))
            await it.Sim.Delay(TimeSpan.FromMilliseconds(100));
        await it.Sim.SettledAsync();
    }
}
