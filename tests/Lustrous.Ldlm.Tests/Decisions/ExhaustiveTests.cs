using Lustrous.Idl.LNet;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Client;
using Lustrous.LNet;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Simulation;

namespace Lustrous.Ldlm.Tests.Decisions;

/// <summary>
/// Two clients, two resources, two operations each: every order in which anything may happen. In each of them locks
/// that are granted, and uses of them, go together, nobody overtakes, and everybody gets what it asked for.
/// </summary>
public sealed class ExhaustiveTests
{
    static readonly Operation[] s_plain =
    [
        new(0, LockMode.PR, 0), new(0, LockMode.EX, 0), new(0, LockMode.CW, 0), new(1, LockMode.EX, 0),
    ];

    static readonly Operation[] s_bits =
    [
        new(0, LockMode.PR, InodeBits.LOOKUP | InodeBits.UPDATE), new(0, LockMode.PR, InodeBits.LOOKUP),
        new(0, LockMode.EX, InodeBits.UPDATE), new(0, LockMode.EX, InodeBits.LOOKUP | InodeBits.UPDATE),
    ];

    [Fact]
    public void Plain_locks_in_every_order() => ExploreAll(LockType.Plain, s_plain, canConvert: false);

    [Fact]
    public void Inode_bits_that_are_cancelled_in_every_order() =>
        ExploreAll(LockType.Ibits, s_bits, canConvert: false);

    [Fact]
    public void Inode_bits_that_are_converted_in_every_order() => ExploreAll(LockType.Ibits, s_bits, canConvert: true);

    static void ExploreAll(LockType type, Operation[] operations, bool canConvert) =>
        Simulation.Simulation.Run(1, async sim =>
        {
            SimNode node = await sim.AddNodeAsync();
            await node.RunAsync(async () =>
            {
                using var ptlrpc = new PtlrpcNode(node.LNet);
                var ldlm = new LdlmNode(ptlrpc);
                Import[] imports = [NewImport(ptlrpc, canConvert), NewImport(ptlrpc, canConvert)];
                ClientNamespace[] namespaces =
                    [.. imports.Select(import => new ClientNamespace(
                        ldlm, import, new ClientNamespaceOptions { Name = "test" }))];
                int states = 0;
                Operation[][] scripts = [.. operations.SelectMany(a => operations.Select(b => new[] { a, b }))];
                foreach (Operation[] first in scripts)
                {
                    foreach (Operation[] second in scripts)
                        states += Explore(namespaces, type, [first, second]);
                }
                Assert.True(states > 10_000, $"only {states} states");
                foreach (Import import in imports)
                    await import.DisposeAsync();
                await ldlm.DisposeAsync();
            });
        });

    /// <summary>Steps through every interleaving; equal states are looked at once.</summary>
    static int Explore(ClientNamespace[] namespaces, LockType type, Operation[][] scripts)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var path = new List<int>();
        Walk(new LockWorld(namespaces, type, scripts));
        return seen.Count;

        void Walk(LockWorld world)
        {
            if (!seen.Add(world.ToString()))
                return;
            int count = world.Choices().Count;
            if (count == 0)
            {
                Guard(world.CheckEnd);
                return;
            }
            for (int i = 0; i < count; i++)
            {
                // The world cannot be copied: it is brought here anew for each but the last way to go on.
                LockWorld next = i == count - 1 ? world : Replay();
                path.Add(i);
                Guard(() => next.Take(next.Choices()[i]));
                Walk(next);
                path.RemoveAt(path.Count - 1);
            }
        }

        LockWorld Replay()
        {
            var world = new LockWorld(namespaces, type, scripts);
            foreach (int choice in path)
                world.Take(world.Choices()[choice]);
            return world;
        }

        void Guard(Action step)
        {
            try
            {
                step();
            }
            catch (Exception e)
            {
                var world = new LockWorld(namespaces, type, scripts);
                var story = new List<string>();
                foreach (int choice in path)
                {
                    LockWorld.Choice taken = world.Choices()[choice];
                    story.Add(taken.Name);
                    if (story.Count < path.Count)
                        world.Take(taken);
                }
                Assert.Fail($"{e.Message}\nscripts {string.Join(" / ", scripts.Select(s => string.Join(", ", s)))}\n"
                    + $"{string.Join("\n", story)}\n{world}");
            }
        }
    }

    static Import NewImport(PtlrpcNode node, bool canConvert) => new(node, new ImportOptions
    {
        DeviceName = "test",
        TargetUuid = "test",
        ClientUuid = "test",
        Peers = [new LNetProcessId(Nid.Loopback, LNetProcessId.LustrePid)],
        ConnectOpcode = (uint)MdsOpcode.Connect,
        RequestPortal = Portals.MDS_REQUEST_PORTAL,
        ReplyPortal = Portals.MDC_REPLY_PORTAL,
        ConnectData = new ObdConnectData
        {
            ConnectFlags2 = canConvert ? ConnectFlags2.LOCK_CONVERT : 0,
        },
    });
}
