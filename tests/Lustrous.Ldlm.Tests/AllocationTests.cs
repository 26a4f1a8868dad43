using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Tests.Decisions;
using Lustrous.Libcfs;

namespace Lustrous.Ldlm.Tests;

/// <summary>
/// What the paths that every operation takes allocate, client and server in this process: finding a lock nothing, a new
/// one a few objects. Alone, because the measure is that of the whole process.
/// </summary>
[Collection("alone")]
public class AllocationTests
{
    [Fact]
    public Task Finding_a_lock_allocates_nothing() => MeasureAsync(20_000, 0, world =>
    {
        ClientLock? held = world.Namespace.Match(
            new LdlmResId(1, 0), LockType.Ibits, LockMode.PR | LockMode.CR, LockPolicies.Bits(InodeBits.LOOKUP));
        held!.Release(LockMode.PR);
        return ValueTask.CompletedTask;
    });

    [Fact]
    public Task Finding_an_extent_lock_allocates_nothing() => MeasureAsync(20_000, 0, world =>
    {
        ClientLock? held = world.Namespace.Match(
            new LdlmResId(2, 0), LockType.Extent, LockMode.PR | LockMode.PW, LockPolicies.Extent(8192, 12287));
        held!.Release(held.GrantedMode);
        return ValueTask.CompletedTask;
    });

    /// <summary>Two locks, two resources with their queues, a task that nobody waits for; nothing that grows.</summary>
    [Fact]
    public Task A_lock_that_nobody_minds_costs_little() => MeasureAsync(1000, 2000, async world =>
    {
        EnqueueResult result = await world.Namespace.EnqueueAsync(
            new LockRequest
            {
                Resource = new LdlmResId(world.Next++, 0),
                Type = LockType.Ibits,
                Mode = LockMode.PR,
                Policy = LockPolicies.Bits(InodeBits.LOOKUP | InodeBits.UPDATE),
                Callbacks = NoCallbacks.Instance,
            }, default);
        result.Lock!.Release(LockMode.PR);
    });

    /// <summary>On a resource that is known: two lock objects.</summary>
    [Fact]
    public Task Another_lock_on_a_known_resource_costs_two_objects() => MeasureAsync(200, 1200, async world =>
    {
        EnqueueResult result = await world.Namespace.EnqueueAsync(
            new LockRequest
            {
                Resource = new LdlmResId(1, 0),
                Type = LockType.Ibits,
                Mode = LockMode.PR,
                Policy = LockPolicies.Bits(InodeBits.LOOKUP | InodeBits.UPDATE),
                Callbacks = NoCallbacks.Instance,
            }, default);
        result.Lock!.Release(LockMode.PR);
    });

    static async Task MeasureAsync(int count, int budgetBytes, Func<World, ValueTask> operation)
    {
        await using LoopbackWorld loopback = await LoopbackWorld.StartAsync(clients: 1);
        var world = new World(loopback.Namespaces[0]);
        await world.PrepareAsync();
        await operation(world);
        long best = long.MaxValue;
        for (int attempt = 0; attempt < 5; attempt++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < count; i++)
                await operation(world);
            best = Math.Min(best, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        Assert.True(best / count <= budgetBytes, $"{best / count} bytes an operation, {budgetBytes} are allowed");
    }

    sealed class World(ClientNamespace ns)
    {
        public ClientNamespace Namespace => ns;

        public ulong Next { get; set; } = 1000;

        public async Task PrepareAsync()
        {
            await TakeAsync(1, LockType.Ibits, LockMode.PR, LockPolicies.Bits(InodeBits.LOOKUP | InodeBits.UPDATE));
            await TakeAsync(2, LockType.Extent, LockMode.PW, LockPolicies.WholeObject);
        }

        async Task TakeAsync(ulong resource, LockType type, LockMode mode, LdlmPolicyData policy)
        {
            EnqueueResult result = await ns.EnqueueAsync(
                new LockRequest
                {
                    Resource = new LdlmResId(resource, 0),
                    Type = type,
                    Mode = mode,
                    Policy = policy,
                    Callbacks = NoCallbacks.Instance,
                }, default);
            Assert.Equal(Errno.OK, result.Status);
            result.Lock!.Release(mode);
        }
    }
}

[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
