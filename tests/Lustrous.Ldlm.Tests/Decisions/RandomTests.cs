using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Simulation;

namespace Lustrous.Ldlm.Tests.Decisions;

/// <summary>
/// Many locks at random, against a naive model: a list that is searched from end to end. What the queues grant, refuse
/// and ask back, the list would too.
/// </summary>
public sealed class RandomTests
{
    const int Steps = 1500;

    static readonly LockMode[] s_extentModes = [LockMode.PR, LockMode.PW, LockMode.PR, LockMode.GROUP, LockMode.CW];

    static readonly LockMode[] s_bitModes =
        [LockMode.PR, LockMode.CR, LockMode.CW, LockMode.PW, LockMode.EX, LockMode.CR];

    [Fact]
    public void Extent_locks_as_a_list_would_grant_them() => Seeds.Each(40, seed => Run(seed, LockType.Extent));

    [Fact]
    public void Inode_bits_as_a_list_would_grant_them() => Seeds.Each(40, seed => Run(seed, LockType.Ibits));

    [Fact]
    public void Plain_locks_as_a_list_would_grant_them() => Seeds.Each(40, seed => Run(seed, LockType.Plain));

    [Fact]
    public void The_tree_finds_what_a_list_finds() => Seeds.Each(20, seed =>
    {
        var random = new SeededRandom(seed);
        var resource = new ServerResource(
            null!, new LdlmResId(1, 0), LockType.Extent, new RankedLock(14, "test"), new FlockWaits());
        var tree = new ExtentTree<ServerLock>();
        var list = new List<ServerLock>();
        for (int step = 0; step < 3000; step++)
        {
            if (list.Count > 0 && random.Next(5) < 2)
            {
                ServerLock gone = list[random.Next(list.Count)];
                list.Remove(gone);
                tree.Remove(gone);
            }
            else
            {
                var made = new ServerLock(resource, null, LockMode.PR, default, (ulong)step);
                ulong at = (ulong)random.Next(1000);
                tree.Add(made, at, at + (ulong)random.Next(30));
                list.Add(made);
            }
            ulong start = (ulong)random.Next(1000), end = start + (ulong)random.Next(40);
            ServerLock? first = list.Where(item => item.Start <= end && item.End >= start)
                .OrderBy(item => item.Start).ThenBy(item => item.Number).FirstOrDefault();
            Assert.True(ReferenceEquals(first, tree.FirstOverlap(start, end)), $"seed {seed}, step {step}");
            Assert.Equal(list.Count, tree.Count);
        }
    });

    static void Run(ulong seed, LockType type)
    {
        var random = new SeededRandom(seed);
        var model = new NaiveQueues(type);
        var resource = new ServerResource(
            null!, new LdlmResId(1, 0), type, new RankedLock(14, "test"), new FlockWaits());
        object[] clients = [.. Enumerable.Range(0, 6).Select(_ => new object())];
        var live = new List<ServerLock>();
        int granted = 0, waited = 0, refused = 0;
        for (int step = 0; step < Steps; step++)
        {
            var actions = new LockActions();
            string what;
            if (live.Count > 0 && (live.Count > 40 || random.Next(2) == 0))
            {
                // Locks that are wanted go rather than others, or everything would stand still.
                ServerLock[] blocked = [.. live.Where(item => item.IsBlocked || item.GrantedMode == LockMode.GROUP)];
                ServerLock gone = blocked.Length > 0 && random.Next(4) > 0
                    ? blocked[random.Next(blocked.Length)]
                    : live[random.Next(live.Count)];
                live.Remove(gone);
                what = $"cancel {gone.Number}";
                resource.Queues.Remove(gone);
                resource.Queues.Reprocess(tellAgain: false, actions);
                model.Remove(gone.Number);
            }
            else
            {
                ServerLock made = NewLock(random, resource, clients[random.Next(clients.Length)], (ulong)step);
                bool noWait = random.Next(8) == 0;
                what = $"enqueue {made.RequestedMode} {made.RequestedExtent} {made.Bits}";
                EnqueueOutcome outcome = resource.Queues.Enqueue(made, noWait, actions);
                EnqueueOutcome expected = model.Enqueue(made, noWait);
                Assert.True(outcome == expected, $"seed {seed}, step {step}: {what}: {outcome}, not {expected}");
                if (outcome is EnqueueOutcome.Granted or EnqueueOutcome.Waiting)
                    live.Add(made);
                granted += outcome == EnqueueOutcome.Granted ? 1 : 0;
                waited += outcome == EnqueueOutcome.Waiting ? 1 : 0;
                refused += outcome == EnqueueOutcome.WouldBlock ? 1 : 0;
            }
            Assert.True(model.Agrees(live, out string? why), $"seed {seed}, step {step}: {what}: {why}");
        }
        Assert.True(granted > 5 && waited > 50 && refused > 5, $"{granted} {waited} {refused}");
        // Everybody gets a turn: whatever is granted goes, until nobody waits.
        while (live.Count > 0)
        {
            Assert.Contains(live, item => item.IsGranted);
            foreach (ServerLock held in live.FindAll(item => item.IsGranted))
            {
                live.Remove(held);
                resource.Queues.Remove(held);
            }
            resource.Queues.Reprocess(tellAgain: false, new LockActions());
        }
        Assert.True(resource.Queues.IsEmpty);
    }

    static ServerLock NewLock(SeededRandom random, ServerResource resource, object client, ulong number)
    {
        LdlmPolicyData policy = default;
        LockMode mode = s_bitModes[random.Next(s_bitModes.Length)];
        if (resource.Type == LockType.Extent)
        {
            mode = s_extentModes[random.Next(s_extentModes.Length)];
            ulong start = (ulong)random.Next(64) * 4096;
            policy = random.Next(10) == 0
                ? LockPolicies.WholeObject
                : LockPolicies.Extent(start, start + (ulong)(1 + random.Next(8)) * 4096 - 1, (ulong)random.Next(2));
        }
        else if (resource.Type == LockType.Ibits)
        {
            policy = LockPolicies.Bits(
                (InodeBits)(1 + random.Next(0x7f)), random.Next(3) == 0 ? (InodeBits)random.Next(0x80) : 0);
        }
        return new ServerLock(resource, client, mode, policy, number)
        {
            Flags = random.Next(6) == 0 ? LockFlags.NO_EXPANSION : 0,
        };
    }
}
