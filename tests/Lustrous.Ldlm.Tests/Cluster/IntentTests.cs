using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>Enqueues that bring an operation along, as an MDT's do.</summary>
public sealed class IntentTests
{
    const ulong Parent = 100;
    const ulong Child = 101;

    [Fact]
    public void The_client_gets_the_childs_lock_for_the_parents() => LockCluster.Run(2, async it =>
    {
        it.Namespace.IntentPolicy = GiveChildAsync;
        LockClient a = it.Clients[0], b = it.Clients[1];
        EnqueueResult result = await IntentAsync(a);
        Assert.Equal((Errno.OK, false), (result.Status, result.IsAborted));
        Assert.Equal(Dispositions.IT_EXECD | Dispositions.LOOKUP_POS, result.Dispositions);
        ClientLock held = result.Lock!;
        Assert.Equal(new LdlmResId(Child, 0), held.Resource);
        Assert.Equal((LockMode.PR, InodeBits.LOOKUP | InodeBits.UPDATE), (held.GrantedMode, held.Bits));
        a.Release(held);
        LdlmPolicyData bits = LockPolicies.Bits(InodeBits.UPDATE);
        Assert.Same(held, a.Match(Child, LockType.Ibits, LockMode.PR, bits));
        Assert.Null(a.Match(Parent, LockType.Ibits, LockMode.PR | LockMode.CR, bits));
        a.Release(held);
        // It is the client's now: others get it from there.
        b.Release(await b.TakeAsync(Child, LockType.Ibits, LockMode.EX, LockPolicies.Bits((InodeBits)0x7f)));
        Assert.Same(held, Assert.Single(a.Owner.Lost).Lock);
    });

    [Fact]
    public void An_answer_without_a_lock_leaves_none() => LockCluster.Run(1, async it =>
    {
        it.Namespace.IntentPolicy = (enqueue, _) =>
        {
            Assert.Equal(IntentOps.LOOKUP, enqueue.Intent);
            enqueue.Request.Capsule.Extend(RequestFormats.LdlmIntentGetattr);
            PackReply(enqueue);
            enqueue.Dispositions = Dispositions.IT_EXECD | Dispositions.LOOKUP_NEG;
            enqueue.IntentStatus = Errno.ENOENT;
            enqueue.Abort();
            return new(Errno.OK);
        };
        EnqueueResult result = await IntentAsync(it.Clients[0]);
        Assert.Equal((Errno.OK, true, Errno.ENOENT), (result.Status, result.IsAborted, result.IntentStatus));
        Assert.Null(result.Lock);
        Assert.Equal((0, 0), (it.Namespace.LockCount, it.Clients[0].Namespace.LockCount));
    });

    [Fact]
    public void An_intent_that_fails_is_an_error() => LockCluster.Run(1, async it =>
    {
        it.Namespace.IntentPolicy = (_, _) => new(Errno.EROFS);
        Assert.Equal(Errno.EROFS, (await IntentAsync(it.Clients[0])).Status);
        Assert.Equal(0, it.Namespace.LockCount);
    });

    [Fact]
    public void A_lock_that_is_wanted_while_it_is_handed_over_says_so_in_the_reply() => LockCluster.Run(2, async it =>
    {
        LockClient a = it.Clients[0], b = it.Clients[1];
        var gate = new TaskCompletionSource();
        it.Namespace.IntentPolicy = async (enqueue, cancel) =>
        {
            Errno status = await GiveChildAsync(enqueue, cancel);
            await gate.Task;
            return status;
        };
        Task<EnqueueResult> intent = IntentAsync(a);
        await it.Sim.SettledAsync();
        Task<ClientLock> waiting =
            b.TakeAsync(Child, LockType.Ibits, LockMode.EX, LockPolicies.Bits(InodeBits.LOOKUP | InodeBits.UPDATE));
        await it.Sim.SettledAsync();
        it.Server.Host.Call(gate.SetResult);
        ClientLock held = (await intent).Lock!;
        Assert.True(held.IsBlocked);
        Assert.False(waiting.IsCompleted);
        a.Release(held);
        b.Release(await waiting);
        Assert.Empty(it.Evicted);
    });

    static async ValueTask<Errno> GiveChildAsync(ServerEnqueue enqueue, CancellationToken cancel)
    {
        enqueue.Request.Capsule.Extend(RequestFormats.LdlmIntentGetattr);
        Result<ServerLock> child = await enqueue.Namespace.EnqueueLocalAsync(
            new LdlmResId(Child, 0), LockType.Ibits, LockMode.PR,
            LockPolicies.Bits(InodeBits.LOOKUP | InodeBits.UPDATE), 0, cancel);
        Assert.Equal(Errno.OK, child.Error);
        PackReply(enqueue);
        enqueue.Dispositions = Dispositions.IT_EXECD | Dispositions.LOOKUP_POS;
        enqueue.Replace(child.Value);
        return Errno.OK;
    }

    static void PackReply(ServerEnqueue enqueue)
    {
        RequestCapsule capsule = enqueue.Request.Capsule;
        foreach (MessageField field in capsule.Format!.Reply)
        {
            if (field.Size < 0)
                capsule.SetSize(field, MessageSide.Reply, 0);
        }
        Assert.Equal(Errno.OK, enqueue.Request.PackReply());
    }

    static Task<EnqueueResult> IntentAsync(LockClient client) => client.Node.Host.RunAsync(async () =>
    {
        using PtlrpcRequest request = client.Namespace.NewEnqueue(RequestFormats.LdlmIntentGetattr);
        request.SetSize(Rmf.Capa1, 0);
        request.SetSize(Rmf.Name, 5);
        request.SetSize(Rmf.FileSecCtxName, 0);
        request.Set(Rmf.LdlmIntent, new LdlmIntent { Opcode = IntentOps.LOOKUP });
        request.SetString(Rmf.Name, "name"u8);
        return await client.Namespace.EnqueueAsync(
            new LockRequest
            {
                Resource = new LdlmResId(Parent, 0),
                Type = LockType.Ibits,
                Mode = LockMode.CR,
                Policy = LockPolicies.Bits(InodeBits.LOOKUP),
                Callbacks = client.Owner,
            }, request, null, default);
    });
}
