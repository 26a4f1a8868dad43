using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.Simulation;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>
/// Clients that read and write pages under locks, caching them, while messages get lost, connections break and clients
/// die: a read under a lock returns the last write, and everybody gets on.
/// </summary>
public sealed class CoherenceTests
{
    const int Objects = 2;
    const int PagesOfObject = 6;

    [Fact]
    public void A_read_returns_the_last_write() => Seeds.Simulate(40, sim => RunAsync(sim, crashes: 0));

    [Fact]
    public void Also_when_messages_get_lost_and_connections_break() => Seeds.Simulate(40, sim =>
    {
        sim.Network.DefaultLink = SimLinkOptions.Default with
        {
            DropProbability = 0.01,
            CutProbability = 0.005,
            Connections = 3,
        };
        return RunAsync(sim, crashes: 0);
    });

    [Fact]
    public void Also_when_clients_die() => Seeds.Simulate(40, sim =>
    {
        sim.Network.DefaultLink = SimLinkOptions.Default with { DropProbability = 0.002, Connections = 3 };
        return RunAsync(sim, crashes: 2);
    });

    static Task RunAsync(Simulation.Simulation sim, int crashes) => LockCluster.RunAsync(sim, 4, async cluster =>
    {
        var run = new Run(cluster);
        Task[] all = [.. cluster.Clients.SelectMany(client => run.Start(client))];
        for (int i = 0; i < crashes; i++)
        {
            await sim.Delay(TimeSpan.FromMilliseconds(5 + sim.Random.Next(40)));
            run.Kill(cluster.Clients[i]);
        }
        foreach (Task task in all)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException)
            {
                // its client died
            }
        }
        Assert.True(run.Done > 100, $"only {run.Done} operations");
        if (crashes == 0 && sim.Network.DefaultLink.DropProbability == 0)
            Assert.Empty(cluster.Evicted);
    });

    sealed class Run
    {
        readonly LockCluster _cluster;
        readonly Dictionary<string, CachingOwner> _owners = new(StringComparer.Ordinal);
        readonly Dictionary<(ulong, ulong), ulong> _last = [];
        readonly HashSet<string> _thrownOut = new(StringComparer.Ordinal);
        ulong _value;

        public Run(LockCluster cluster)
        {
            _cluster = cluster;
            cluster.OnEvicted = Forget;
        }

        public int Done { get; private set; }

        public void Kill(LockClient client)
        {
            _thrownOut.Add(client.Uuid);
            client.Node.Crash(loud: false);
        }

        public IEnumerable<Task> Start(LockClient client)
        {
            _owners[client.Uuid] = new CachingOwner(client);
            // Two threads of one client share its locks and its pages.
            for (int i = 0; i < 2; i++)
                yield return client.Node.RunAsync(() => LoopAsync(client));
        }

        /// <summary>What a client had not written back is lost with it.</summary>
        void Forget(string client)
        {
            _thrownOut.Add(client);
            foreach ((ulong Object, ulong Page) page in _owners[client].Dirty)
                _last[page] = _cluster.Pages.GetValueOrDefault(page);
        }

        async Task LoopAsync(LockClient client)
        {
            SeededRandom random = client.Node.Context.Random;
            for (int i = 0; i < 25; i++)
            {
                await OperateAsync(
                    client, 1 + (ulong)random.Next(Objects), (ulong)random.Next(PagesOfObject), random.Next(3) == 0);
                if (random.Next(4) == 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(random.Next(10)), client.Node.Context.Clock);
            }
        }

        async Task OperateAsync(LockClient client, ulong id, ulong page, bool isWrite)
        {
            CachingOwner owner = _owners[client.Uuid];
            var name = new LdlmResId(id, 0);
            LdlmPolicyData policy = LockPolicies.Extent(page * 4096, page * 4096 + 4095);
            LockMode mode = isWrite ? LockMode.PW : LockMode.PR;
            ClientLock? held = client.Namespace.Match(
                name, LockType.Extent, isWrite ? LockMode.PW : LockMode.PR | LockMode.PW, policy);
            if (held is null)
            {
                EnqueueResult asked = await client.Namespace.EnqueueAsync(
                    new LockRequest
                    {
                        Resource = name,
                        Type = LockType.Extent,
                        Mode = mode,
                        Policy = policy,
                        Callbacks = owner,
                    }, default);
                held = asked.Lock;
                if (held is null)
                {
                    Assert.Contains(asked.Status, (Errno[])[Errno.EIO, Errno.ENOTCONN]);
                    return;
                }
            }
            if (isWrite)
            {
                Result<ulong> before = await owner.ReadAsync(id, page);
                if (!before.Failed && !_thrownOut.Contains(client.Uuid))
                {
                    Assert.Equal(_last.GetValueOrDefault((id, page)), before.Value);
                    owner.Write(id, page, ++_value);
                    _last[(id, page)] = _value;
                }
            }
            else if (await owner.ReadAsync(id, page) is { Failed: false } read && !_thrownOut.Contains(client.Uuid))
            {
                // One that was thrown out cannot know yet; nobody else may see anything but the last write.
                Assert.Equal(_last.GetValueOrDefault((id, page)), read.Value);
            }
            Done++;
            held.Release(held.GrantedMode);
        }
    }
}
