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
        ExploreAll(LockType.Ibits, s_bits[1..], canConvert: false);

    [Fact]
    public void Inode_bits_that_are_converted_in_every_order() => ExploreAll(LockType.Ibits, s_bits, canConvert: true);

    /// <summary>With three, two wait for one: what is given up for the one must be asked for again for the
    /// other.</summary>
    [Fact]
    public void Inode_bits_of_three_clients_that_are_converted_in_every_order() => ExploreAll(
        LockType.Ibits,
        [
            new(0, LockMode.PR, InodeBits.LOOKUP | InodeBits.UPDATE | InodeBits.PERM),
            new(0, LockMode.EX, InodeBits.UPDATE), new(0, LockMode.EX, InodeBits.LOOKUP),
        ],
        canConvert: true, clients: 3, length: 1);

    [Fact]
    public void Plain_locks_of_three_clients_in_every_order() =>
        ExploreAll(LockType.Plain, s_plain, canConvert: false, clients: 3, length: 1);

    static void ExploreAll(
        LockType type, Operation[] operations, bool canConvert, int clients = 2, int length = 2) =>
        Simulation.Simulation.Run(1, async sim =>
        {
            SimNode node = await sim.AddNodeAsync();
            await node.RunAsync(async () =>
            {
                using var ptlrpc = new PtlrpcNode(node.LNet);
                var ldlm = new LdlmNode(ptlrpc);
                Import[] imports = [.. Enumerable.Range(0, clients).Select(_ => NewImport(ptlrpc, canConvert))];
                ClientNamespace[] namespaces =
                    [.. imports.Select(import => new ClientNamespace(
                        ldlm, import, new ClientNamespaceOptions { Name = "test" }))];
                int states = 0;
                foreach (Operation[] all in Words(operations, clients * length))
                    states += Explore(namespaces, type, [.. all.Chunk(length)]);
                Assert.Equal(canConvert, namespaces[0].CanConvert);
                Assert.True(states > 1000, $"only {states} states");
                foreach (Import import in imports)
                    await import.DisposeAsync();
                await ldlm.DisposeAsync();
            });
        });

    static IEnumerable<Operation[]> Words(Operation[] letters, int length) => length == 0
        ? [[]]
        : Words(letters, length - 1).SelectMany(word => letters.Select(letter => (Operation[])[.. word, letter]));

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

    /// <summary>One that is as if connected, with what the server grants: nothing here is ever sent.</summary>
    static Import NewImport(PtlrpcNode node, bool canConvert) => Import.CreateReverse(
        node,
        new ImportOptions
        {
            DeviceName = "test",
            TargetUuid = "test",
            ClientUuid = "test",
            Peers = [new LNetProcessId(Nid.Loopback, LNetProcessId.LustrePid)],
            ConnectOpcode = 0,
            RequestPortal = Portals.MDS_REQUEST_PORTAL,
            ReplyPortal = Portals.MDC_REPLY_PORTAL,
            ConnectData = default,
        },
        clientHandle: 1, new ConnectReply { Flags2 = canConvert ? ConnectFlags2.LOCK_CONVERT : 0 });
}
