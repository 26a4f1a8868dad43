using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>Two clients want what only one may have: blocking AST, flush, cancel, grant.</summary>
public sealed class ConflictTests
{
    [Fact]
    public void A_lock_that_nobody_uses_is_given_up_when_another_client_wants_it() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock first = await a.TakeAsync(1, LockType.Plain, LockMode.EX);
        a.Release(first);
        Assert.Equal((1, 1), (a.Namespace.LockCount, a.Namespace.UnusedCount));
        ClientLock second = await b.TakeAsync(1, LockType.Plain, LockMode.EX);
        Assert.Equal(LockLoss.Cancelled, Assert.Single(a.Owner.Lost).Loss);
        Assert.Equal((0, 0), (a.Namespace.LockCount, a.Namespace.ResourceCount));
        Assert.Null(a.Match(1, LockType.Plain, LockMode.EX));
        b.Release(second);
        Assert.Empty(it.Evicted);
    });

    [Fact]
    public void A_lock_in_use_is_given_up_with_its_last_user() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock first = await a.TakeAsync(1, LockType.Plain, LockMode.PR);
        Task<ClientLock> waiting = b.TakeAsync(1, LockType.Plain, LockMode.EX);
        await it.Sim.SettledAsync();
        Assert.False(waiting.IsCompleted);
        Assert.True(first.IsBlocked);
        Assert.Same(first, Assert.Single(a.Owner.Hints));
        Assert.Empty(a.Owner.Lost);
        Assert.Null(a.Match(1, LockType.Plain, LockMode.PR));
        a.Release(first);
        ClientLock second = await waiting;
        Assert.Single(a.Owner.Lost);
        b.Release(second);
    });

    [Fact]
    public void Compatible_locks_are_granted_together_and_found_again() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock first = await a.TakeAsync(1, LockType.Plain, LockMode.PR);
        ClientLock second = await b.TakeAsync(1, LockType.Plain, LockMode.CR);
        Assert.Same(first, a.Match(1, LockType.Plain, LockMode.PR | LockMode.EX));
        Assert.Null(a.Match(1, LockType.Plain, LockMode.EX));
        Assert.Null(a.Match(2, LockType.Plain, LockMode.PR));
        a.Release(first);
        a.Release(first);
        b.Release(second);
        Assert.Equal(2, it.Namespace.GrantedCount);
    });

    [Fact]
    public void Whoever_must_not_wait_is_refused() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock first = await a.TakeAsync(1, LockType.Plain, LockMode.EX);
        EnqueueResult refused = await b.LockAsync(1, LockType.Plain, LockMode.PR, default, LockFlags.BLOCK_NOWAIT);
        Assert.Equal((Errno.EAGAIN, null), (refused.Status, refused.Lock));
        Assert.False(first.IsBlocked);
        Assert.Equal(0, b.Namespace.LockCount);
        a.Release(first);
    });

    [Fact]
    public void A_wait_that_is_given_up_leaves_nothing_behind() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock first = await a.TakeAsync(1, LockType.Plain, LockMode.EX);
        using var cancel = new CancellationTokenSource();
        Task<EnqueueResult> waiting = b.LockAsync(1, LockType.Plain, LockMode.PR, default, 0, cancel.Token);
        await it.Sim.SettledAsync();
        b.Node.Host.Call(cancel.Cancel);
        Assert.Equal(Errno.EINTR, (await waiting).Status);
        await it.Sim.SettledAsync();
        Assert.Equal((1, 0), (it.Namespace.LockCount, b.Namespace.LockCount));
        a.Release(first);
    });

    [Fact]
    public void File_locks_are_refused_where_there_are_no_files() => LockCluster.Run(
        1,
        async it => Assert.Equal(
            Errno.EOPNOTSUPP, (await it.Clients[0].LockAsync(1, LockType.Flock, LockMode.PW, default)).Status),
        takesFileLocks: false);

    [Fact]
    public void Only_the_wanted_bits_are_given_up() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        const InodeBits lookup = InodeBits.LOOKUP, update = InodeBits.UPDATE;
        ClientLock first = await a.TakeAsync(1, LockType.Ibits, LockMode.PR, LockPolicies.Bits(lookup | update));
        a.Release(first);
        ClientLock second = await b.TakeAsync(1, LockType.Ibits, LockMode.EX, LockPolicies.Bits(update));
        Assert.Equal((first, update), (Assert.Single(a.Owner.Lost).Lock, a.Owner.Lost[0].Bits));
        Assert.Null(a.Match(1, LockType.Ibits, LockMode.PR, LockPolicies.Bits(update)));
        Assert.Same(first, a.Match(1, LockType.Ibits, LockMode.PR, LockPolicies.Bits(lookup)));
        a.Release(first);
        b.Release(second);
        // And the rest of it, when that is wanted too.
        ClientLock third = await b.TakeAsync(1, LockType.Ibits, LockMode.EX, LockPolicies.Bits(lookup));
        Assert.Equal(lookup, a.Owner.Lost[1].Bits);
        Assert.Equal(0, a.Namespace.LockCount);
        b.Release(third);
    });

    [Fact]
    public void Bits_that_are_only_tried_never_take_anything_away() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock first = await a.TakeAsync(1, LockType.Ibits, LockMode.EX, LockPolicies.Bits(InodeBits.UPDATE));
        ClientLock second = await b.TakeAsync(
            1, LockType.Ibits, LockMode.PR, LockPolicies.Bits(InodeBits.LOOKUP, InodeBits.UPDATE | InodeBits.PERM));
        Assert.Equal(InodeBits.LOOKUP | InodeBits.PERM, second.Bits);
        Assert.False(first.IsBlocked);
        a.Release(first);
        b.Release(second);
    });

    [Fact]
    public void A_client_alone_gets_the_whole_object_and_two_get_what_is_between_them() =>
        LockCluster.Run(2, async it =>
        {
            LockClient a = it.Clients[0], b = it.Clients[1];
            ClientLock first = await a.TakeAsync(1, LockType.Extent, LockMode.PW, LockPolicies.Extent(0, 4095));
            Assert.Equal((0ul, ulong.MaxValue), (first.Extent.Start, first.Extent.End));
            Task<ClientLock> waiting =
                b.TakeAsync(1, LockType.Extent, LockMode.PW, LockPolicies.Extent(1 << 20, (1 << 20) + 4095));
            await it.Sim.SettledAsync();
            a.Release(first);
            ClientLock second = await waiting;
            Assert.Equal((0ul, ulong.MaxValue), (second.Extent.Start, second.Extent.End));
            b.Release(second);
        });

    [Fact]
    public void The_servers_own_lock_waits_for_clients_and_clients_for_it() => LockCluster.Run(1, async it =>
    {
        LockClient a = it.Clients[0];
        ClientLock first = await a.TakeAsync(7, LockType.Plain, LockMode.CR);
        a.Release(first);
        ServerLock? own = null;
        await it.OnServerAsync(async () =>
        {
            Result<ServerLock> taken = await it.Namespace.EnqueueLocalAsync(
                new LdlmResId(7, 0), LockType.Plain, LockMode.EX, default, 0, default);
            Assert.Equal(Errno.OK, taken.Error);
            own = taken.Value;
        });
        Assert.Single(a.Owner.Lost);
        Task<ClientLock> again = a.TakeAsync(7, LockType.Plain, LockMode.CR);
        await it.Sim.SettledAsync();
        Assert.False(again.IsCompleted);
        it.Server.Host.Call(() => it.Namespace.Release(own!));
        a.Release(await again);
    });

    [Fact]
    public void A_revoked_object_is_dropped_not_written() => LockCluster.Run(1, async it =>
    {
        LockClient a = it.Clients[0];
        a.Release(await a.TakeAsync(7, LockType.Extent, LockMode.PW, LockPolicies.WholeObject));
        await it.OnServerAsync(async () => Assert.Equal(Errno.OK, await it.Namespace.RevokeAsync(
            new LdlmResId(7, 0), LockType.Extent, LockFlags.AST_DISCARD_DATA, default)));
        Assert.Equal(LockLoss.Discard, Assert.Single(a.Owner.Lost).Loss);
    });

    [Fact]
    public void An_object_that_is_gone_cannot_be_locked() => LockCluster.Run(1, async it =>
    {
        it.Lvb.Missing.Add(9);
        Assert.Equal(
            Errno.ENOENT,
            (await it.Clients[0].LockAsync(9, LockType.Extent, LockMode.PR, LockPolicies.WholeObject)).Status);
    });
}
