using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>Completions that never come: the server is asked what became of the lock.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData(LockType.Plain)]
    [InlineData(LockType.Ibits)]
    [InlineData(LockType.Extent)]
    public void A_lock_that_was_granted_while_the_reply_said_to_wait_is_found(LockType type) =>
        LockCluster.Run(1, async it =>
        {
            LockClient a = it.Clients[0];
            var liar = new WaitLiar(it, lies: 1);
            TimeSpan before = it.Sim.Now;
            LdlmPolicyData policy = type == LockType.Ibits ? LockPolicies.Bits(InodeBits.LOOKUP)
                : type == LockType.Extent ? LockPolicies.WholeObject : default;
            ClientLock taken = await a.TakeAsync(1, type, LockMode.PW, policy);
            Assert.Equal(1, liar.Told);
            Assert.InRange(it.Sim.Now - before, TimeSpan.FromSeconds(99), TimeSpan.FromSeconds(110));
            Assert.True(taken.IsValid);
            Assert.Equal(1, it.Namespace.GrantedCount);
            a.Release(taken);
        });

    [Fact]
    public void A_lock_that_others_hold_for_long_is_waited_for() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        ClientLock held = await a.TakeAsync(1, LockType.Extent, LockMode.PW, LockPolicies.WholeObject);
        Task<ClientLock> waiting = b.TakeAsync(1, LockType.Extent, LockMode.PW, LockPolicies.WholeObject);
        for (int i = 0; i < 40; i++)
        {
            await it.Sim.Delay(TimeSpan.FromSeconds(15));
            it.Server.Host.Call(() => it.Namespace.ProlongExtent(
                it.Target.ListExports().Single(export => export.ClientUuid == a.Uuid), new LdlmResId(1, 0), 0, 4095,
                LockMode.PW));
        }
        Assert.False(waiting.IsCompleted);
        Assert.Equal(2, it.Namespace.LockCount);
        a.Release(held);
        b.Release(await waiting);
        Assert.Empty(it.Evicted);
    });

    [Fact]
    public void A_wait_ends_when_the_server_has_forgotten_the_client() => LockCluster.Run(1, async it =>
    {
        LockClient a = it.Clients[0];
        _ = new WaitLiar(it, lies: 1);
        Task<EnqueueResult> waiting = a.LockAsync(1, LockType.Plain, LockMode.PW, default);
        await it.Sim.SettledAsync();
        await it.RestartServerAsync(isRecovering: false);
        EnqueueResult result = await waiting;
        Assert.Equal((Errno.EIO, null), (result.Status, result.Lock));
        Assert.Equal(0, a.Namespace.LockCount);
    });

    /// <summary>Whoever is told again and again to wait can still give up, also while asking; the server is left with
    /// nothing.</summary>
    [Fact]
    public void A_wait_for_a_server_that_always_lies_can_be_given_up() => Seeds.Simulate(40, sim =>
        LockCluster.RunAsync(sim, 1, async it =>
        {
            LockClient a = it.Clients[0];
            var liar = new WaitLiar(it, lies: int.MaxValue);
            using var cancel = new CancellationTokenSource();
            Task<EnqueueResult> waiting = a.LockAsync(
                1, LockType.Plain, LockMode.PW, default, cancel: cancel.Token);
            await sim.Delay(TimeSpan.FromSeconds(100) + TimeSpan.FromMicroseconds(sim.Random.Next(2000)));
            a.Node.Host.Call(cancel.Cancel);
            Assert.Equal(Errno.EINTR, (await waiting).Status);
            Assert.InRange(liar.Told, 1, 2);
            await sim.Delay(TimeSpan.FromSeconds(5));
            Assert.Equal((0, 0), (a.Namespace.LockCount, it.Namespace.LockCount));
        }));

    /// <summary>Has the server's answers to enqueues say that a completion follows.</summary>
    sealed class WaitLiar
    {
        readonly LockCluster _cluster;
        int _left;

        public WaitLiar(LockCluster cluster, int lies)
        {
            _cluster = cluster;
            _left = lies;
            cluster.Sim.Network.Alter = Alter;
        }

        public int Told { get; private set; }

        byte[] Alter(Nid from, Nid to, LNetHeader header, byte[] payload)
        {
            if (from != _cluster.Server.Nid || header.Type != LNetMessageType.Put || _left == 0
                || LustreMessage.Parse(payload, out LustreMessage message) != Errno.OK || message.BufferCount < 2
                || MemoryMarshal.Read<PtlrpcBodyV3>(message.Buffer(0)).Opcode != (uint)LdlmOpcode.Enqueue
                || MemoryMarshal.Read<PtlrpcBodyV3>(message.Buffer(0)).Type != PtlrpcMessageType.Reply)
                return payload;
            MemoryMarshal.AsRef<LdlmReply>(message.Buffer(1)).Flags |= (uint)LockFlags.BLOCK_GRANTED;
            _left--;
            Told++;
            return payload;
        }
    }
}
