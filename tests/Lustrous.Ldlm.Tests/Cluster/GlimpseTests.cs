using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>Asking for a size without taking the lock of whoever writes.</summary>
public sealed class GlimpseTests
{
    [Fact]
    public void Where_nobody_writes_a_glimpse_brings_a_lock_and_the_size() => Run(async it =>
    {
        it.Lvb.Sizes[1] = 1234;
        (EnqueueResult result, ulong size) = await GlimpseAsync(it.Clients[1]);
        Assert.Equal((Errno.OK, false, 1234ul), (result.Status, result.IsAborted, size));
        Assert.Equal(LockMode.PR, result.Lock!.GrantedMode);
        it.Clients[1].Release(result.Lock);
    });

    [Fact]
    public void The_writer_tells_the_size_and_keeps_its_lock() => Run(async it =>
    {
        LockClient a = it.Clients[0];
        ClientLock held = await a.TakeAsync(1, LockType.Extent, LockMode.PW, LockPolicies.WholeObject);
        a.Owner.KnownSizes[1] = 98_765;
        (EnqueueResult result, ulong size) = await GlimpseAsync(it.Clients[1]);
        Assert.Equal((Errno.OK, true, 98_765ul), (result.Status, result.IsAborted, size));
        Assert.Null(result.Lock);
        Assert.False(held.IsBlocked);
        a.Release(held);
    });

    [Fact]
    public void A_writer_that_knows_nothing_leaves_the_size_as_it_is() => Run(async it =>
    {
        LockClient a = it.Clients[0];
        it.Lvb.Sizes[1] = 5000;
        ClientLock held = await a.TakeAsync(1, LockType.Extent, LockMode.PW, LockPolicies.WholeObject);
        Assert.Equal(5000ul, a.Owner.LastSize);
        (EnqueueResult result, ulong size) = await GlimpseAsync(it.Clients[1]);
        Assert.Equal((Errno.OK, true, 5000ul), (result.Status, result.IsAborted, size));
        a.Release(held);
    });

    [Fact]
    public void A_writer_that_has_died_is_evicted_and_the_object_asked() => Run(async it =>
    {
        LockClient a = it.Clients[0];
        it.Lvb.Sizes[1] = 77;
        await a.TakeAsync(1, LockType.Extent, LockMode.PW, LockPolicies.WholeObject);
        a.Node.Crash(loud: false);
        (EnqueueResult result, ulong size) = await GlimpseAsync(it.Clients[1]);
        Assert.Equal((Errno.OK, 77ul), (result.Status, size));
        Assert.Equal([a.Uuid], it.Evicted);
        if (result.Lock is { } granted)
            it.Clients[1].Release(granted);
    });

    static void Run(Func<LockCluster, Task> body) => LockCluster.Run(2, it =>
    {
        it.Namespace.IntentPolicy = ExtentIntent.GlimpseAsync;
        return body(it);
    });

    static async Task<(EnqueueResult Result, ulong Size)> GlimpseAsync(LockClient client)
    {
        EnqueueResult result = default;
        ulong size = 0;
        await client.Node.RunAsync(async () =>
        {
            using PtlrpcRequest request = client.Namespace.NewEnqueue(RequestFormats.LdlmEnqueueLvb);
            request.SetReplySize(Rmf.DlmLvb, System.Runtime.CompilerServices.Unsafe.SizeOf<OstLvb>());
            result = await client.Namespace.EnqueueAsync(
                new LockRequest
                {
                    Resource = new LdlmResId(1, 0),
                    Type = LockType.Extent,
                    Mode = LockMode.PR,
                    Policy = LockPolicies.WholeObject,
                    Flags = LockFlags.HAS_INTENT,
                    Callbacks = client.Owner,
                }, request, null, default);
            size = System.Runtime.InteropServices.MemoryMarshal.Read<OstLvb>(request.GetBytes(Rmf.DlmLvb)).Size;
        });
        return (result, size);
    }
}
