using Lustrous.Idl.LNet;
using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>File locks of processes on several clients: waits, tests, interrupts, circles, deaths and
/// restarts.</summary>
public sealed class FlockTests
{
    static readonly LdlmResId s_file = new(0x200000400, 1, 0, 12), s_other = new(0x200000400, 2, 0, 12);

    [Fact]
    public void A_range_is_waited_for_and_granted_when_it_is_given_back() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        Assert.Equal(Errno.OK, await LockAsync(a, LockMode.PW, 0, 99));
        Assert.Equal(Errno.EAGAIN, await LockAsync(b, LockMode.PR, 50, 150, mayWait: false));
        Assert.Equal(Errno.OK, await LockAsync(b, LockMode.PW, 100, 199));
        FileLock found = await TestAsync(b, LockMode.PR, 50, 150);
        Assert.Equal((LockMode.PW, 0UL, 99UL, 41U), (found.Mode, found.Start, found.End, found.Pid));
        Assert.Equal(LockMode.NL, (await TestAsync(b, LockMode.PW, 100, 300)).Mode);
        Task<Errno> waiting = LockAsync(b, LockMode.PR, 50, 150);
        await it.Sim.SettledAsync();
        Assert.False(waiting.IsCompleted);
        // A piece in the middle goes: the front still is in the way, then it goes too.
        await LockAsync(a, LockMode.NL, 60, 99);
        await it.Sim.SettledAsync();
        Assert.False(waiting.IsCompleted);
        await LockAsync(a, LockMode.NL, 40, 59);
        Assert.Equal(Errno.OK, await waiting);
        Assert.Equal(LockMode.PR, (await TestAsync(a, LockMode.PW, 120, 120)).Mode);
        Assert.Equal(LockMode.PW, (await TestAsync(a, LockMode.PW, 160, 160)).Mode);
        Assert.Equal((1, 2), (a.Namespace.FileLockCount, b.Namespace.FileLockCount));
        await LockAsync(a, LockMode.NL, 0, FileLock.EndOfFile);
        await LockAsync(b, LockMode.NL, 0, FileLock.EndOfFile);
        Assert.Equal((0, 0), (a.Namespace.LockCount, b.Namespace.LockCount));
    });

    [Fact]
    public void Whoever_closes_a_circle_of_waits_is_refused() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        await LockAsync(a, LockMode.PW, 0, 9);
        await LockAsync(b, LockMode.PW, 0, 9, file: s_other);
        Task<Errno> first = LockAsync(a, LockMode.PW, 0, 9, file: s_other);
        await it.Sim.SettledAsync();
        Assert.Equal(Errno.EDEADLK, await LockAsync(b, LockMode.PW, 0, 9));
        await LockAsync(b, LockMode.NL, 0, 9, file: s_other);
        Assert.Equal(Errno.OK, await first);
        await CloseAsync(it);
    });

    [Fact]
    public void A_waiter_is_told_when_its_wait_has_come_to_close_a_circle() => LockCluster.Run(3, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1], c = it.Clients[2];
        await LockAsync(b, LockMode.PR, 0, 9);
        await LockAsync(c, LockMode.PR, 1, 9);
        await LockAsync(a, LockMode.PW, 0, 9, file: s_other);
        Task<Errno> first = LockAsync(a, LockMode.PW, 0, 9);
        await it.Sim.SettledAsync();
        Task<Errno> second = LockAsync(c, LockMode.PW, 0, 9, file: s_other);
        await it.Sim.SettledAsync();
        await LockAsync(b, LockMode.NL, 0, 9);
        Assert.Equal(Errno.EDEADLK, await first);
        await LockAsync(a, LockMode.NL, 0, 9, file: s_other);
        Assert.Equal(Errno.OK, await second);
        await CloseAsync(it);
    });

    [Fact]
    public void A_wait_that_is_interrupted_leaves_nothing_behind() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        await LockAsync(a, LockMode.PW, 0, 9);
        using var cancel = new CancellationTokenSource();
        Task<Errno> waiting = LockAsync(b, LockMode.PW, 5, 20, cancel: cancel.Token);
        await it.Sim.SettledAsync();
        Assert.Equal(2, it.Namespace.LockCount);
        b.Node.Host.Call(cancel.Cancel);
        Assert.Equal(Errno.EINTR, await waiting);
        await it.Sim.SettledAsync();
        Assert.Equal((1, 0), (it.Namespace.LockCount, b.Namespace.LockCount));
        await CloseAsync(it);
    });

    [Fact]
    public void Giving_back_what_is_waited_for_ends_the_wait() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        await LockAsync(a, LockMode.PW, 0, 9);
        Task<Errno> waiting = LockAsync(b, LockMode.PW, 5, 20);
        await it.Sim.SettledAsync();
        await LockAsync(b, LockMode.NL, 5, 20);
        Assert.Equal(Errno.EIO, await waiting);
        Assert.Equal(1, it.Namespace.LockCount);
        await CloseAsync(it);
    });

    [Fact]
    public void What_a_dead_client_held_goes_to_who_waits() => LockCluster.Run(2, async it =>
    {
        LockClient dead = it.Clients[0], b = it.Clients[1];
        await LockAsync(dead, LockMode.PW, 0, 99);
        await LockAsync(dead, LockMode.NL, 40, 49);
        Task<Errno> waiting = LockAsync(b, LockMode.PW, 0, 99);
        await it.Sim.SettledAsync();
        dead.Node.Crash(loud: true);
        it.Server.Host.Call(() => it.Target.Evict(
            it.Target.ListExports().Single(export => export.ClientUuid == dead.Uuid)));
        Assert.Equal(Errno.OK, await waiting);
        await CloseAsync(it);
    });

    [Fact]
    public void A_server_that_recovers_is_told_who_holds_what_and_who_waits() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        await LockAsync(a, LockMode.PW, 0, 99);
        await LockAsync(a, LockMode.PR, 30, 39);
        Task<Errno> waiting = LockAsync(b, LockMode.PW, 90, 120);
        await it.Sim.SettledAsync();
        await it.RestartServerAsync(isRecovering: true);
        foreach (LockClient client in it.Clients)
            client.Node.Host.Call(() => client.Import.Recover());
        while (it.Clients.Any(client => client.Import.State != ImportState.Full))
            await it.Sim.Delay(TimeSpan.FromMilliseconds(100));
        await it.Sim.SettledAsync();
        it.Target.IsRecovering = false;
        it.Server.Host.Call(it.Namespace.RecoveryDone);
        await it.Sim.SettledAsync();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(4, it.Namespace.LockCount);
        Assert.Equal(LockMode.NL, (await TestAsync(b, LockMode.PR, 30, 39)).Mode);
        Assert.Equal(29UL, (await TestAsync(b, LockMode.PR, 20, 39)).End);
        await LockAsync(a, LockMode.NL, 80, 99);
        Assert.Equal(Errno.OK, await waiting);
        await CloseAsync(it);
    });

    [Fact]
    public void What_was_lost_on_the_way_is_done_once() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        await LockAsync(a, LockMode.PW, 0, 9);
        Task<Errno> waiting = LockAsync(b, LockMode.PW, 0, 9);
        await it.Sim.SettledAsync();
        await CloseAsync(it, a);
        Assert.Equal(Errno.OK, await waiting);
        Assert.Equal(1, it.Namespace.LockCount);
        Assert.Equal(Errno.OK, await LockAsync(b, LockMode.PR, 0, 9));
        Assert.Equal((1, 1), (it.Namespace.LockCount, it.Namespace.GrantedCount));
        await CloseAsync(it);
    });

    [Theory]
    [InlineData(LockMode.EX, 0UL, 9UL)]
    [InlineData(LockMode.CR, 0UL, 9UL)]
    [InlineData(LockMode.PW, 9UL, 0UL)]
    public void Nonsense_is_refused(LockMode mode, ulong start, ulong end) => LockCluster.Run(1, async it =>
    {
        Assert.Equal(Errno.EPROTO, await LockAsync(it.Clients[0], mode, start, end));
        Assert.Equal((0, 0), (it.Namespace.LockCount, it.Clients[0].Namespace.LockCount));
    });

    static Task<Errno> LockAsync(
        LockClient client, LockMode mode, ulong start, ulong end, bool mayWait = true, LdlmResId? file = null,
        CancellationToken cancel = default) => client.Node.Host.RunAsync(
            async () => await client.Namespace.LockFileAsync(
                file ?? s_file, Range(mode, start, end), mayWait, cancel));

    static async Task<FileLock> TestAsync(LockClient client, LockMode mode, ulong start, ulong end) =>
        (await client.Node.Host.RunAsync(async () =>
            await client.Namespace.TestFileLockAsync(s_file, Range(mode, start, end), default))).Value;

    static FileLock Range(LockMode mode, ulong start, ulong end) => new()
    {
        Mode = mode,
        Start = start,
        End = end,
        Owner = 5,
        Pid = 41,
    };

    static async Task CloseAsync(LockCluster it, LockClient? only = null)
    {
        foreach (LockClient client in it.Clients)
        {
            if (!client.Node.IsUp || (only is not null && !ReferenceEquals(client, only)))
                continue;
            foreach (LdlmResId file in new[] { s_file, s_other })
                await LockAsync(client, LockMode.NL, 0, FileLock.EndOfFile, file: file);
            Assert.Equal(0, client.Namespace.LockCount);
        }
    }
}
