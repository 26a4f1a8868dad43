using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Tests.Decisions;
using Lustrous.Libcfs;

namespace Lustrous.Ldlm.Tests;

/// <summary>Many threads of several clients at the same few resources, on real threads: what a simulation in one thread
/// cannot show.</summary>
[Collection("alone")]
public class ThreadTests
{
    const int Clients = 4;
    const int ThreadsOfClient = 3;
    const int Rounds = 400;
    const int Resources = 3;

    [Fact]
    public Task Inode_bits_on_threads() => RunAsync(LockType.Ibits);

    [Fact]
    public Task Extents_on_threads() => RunAsync(LockType.Extent);

    static async Task RunAsync(LockType type)
    {
        await using LoopbackWorld world = await LoopbackWorld.StartAsync(Clients);
        // Which client writes at each place, and how many read there: 0 nobody, n > 0 client n, else readers' clients.
        var writers = new int[Resources * 2];
        var readers = new int[Clients, Resources * 2];
        var wrong = 0;
        Task[] all = [.. Enumerable.Range(0, Clients * ThreadsOfClient).Select(i => Task.Run(() => LoopAsync(i)))];
        await Task.WhenAll(all).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal((0, 0), (wrong, world.Evictions));

        async Task LoopAsync(int thread)
        {
            int client = thread / ThreadsOfClient;
            var random = new SeededRandom((ulong)thread + 1);
            for (int i = 0; i < Rounds; i++)
            {
                int resource = random.Next(Resources), part = random.Next(2), place = resource * 2 + part;
                bool isWrite = random.Next(3) == 0;
                ClientLock held = await TakeAsync(world.Namespaces[client], type, resource, part, isWrite);
                bool isWriter = (held.GrantedMode & (LockMode.PW | LockMode.EX)) != 0;
                if (isWriter && Interlocked.CompareExchange(ref writers[place], client + 1, 0) is not 0 and var other
                    && other != client + 1)
                    Interlocked.Increment(ref wrong);
                Interlocked.Increment(ref readers[client, place]);
                for (int c = 0; c < Clients; c++)
                {
                    bool conflicts = c != client && (isWriter ? Volatile.Read(ref readers[c, place]) != 0
                        : Volatile.Read(ref writers[place]) == c + 1);
                    if (conflicts)
                        Interlocked.Increment(ref wrong);
                }
                if (random.Next(8) == 0)
                    await Task.Yield();
                // The last of this client at this place takes its mark as a writer along.
                if (Interlocked.Decrement(ref readers[client, place]) == 0)
                    Interlocked.CompareExchange(ref writers[place], 0, client + 1);
                held.Release(held.GrantedMode);
            }
        }
    }

    static async Task<ClientLock> TakeAsync(ClientNamespace ns, LockType type, int resource, int part, bool isWrite)
    {
        var name = new LdlmResId((ulong)resource + 1, 0);
        LdlmPolicyData policy = type == LockType.Ibits
            ? LockPolicies.Bits((InodeBits)(1 << part))
            : LockPolicies.Extent((ulong)part * 4096, (ulong)part * 4096 + 4095);
        LockMode write = type == LockType.Ibits ? LockMode.EX : LockMode.PW;
        if (ns.Match(name, type, isWrite ? write : write | LockMode.PR, policy) is { } found)
            return found;
        EnqueueResult result = await ns.EnqueueAsync(
            new LockRequest
            {
                Resource = name,
                Type = type,
                Mode = isWrite ? write : LockMode.PR,
                Policy = policy,
                Callbacks = NoCallbacks.Instance,
            }, default);
        Assert.Equal(Errno.OK, result.Status);
        return result.Lock!;
    }
}
