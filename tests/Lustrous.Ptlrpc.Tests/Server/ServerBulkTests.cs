using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ptlrpc.Tests.Server;

/// <summary>Bulk transfers that a client does not serve: it has attached no memory.</summary>
public sealed class ServerBulkTests
{
    readonly List<Errno> _ended = [];

    [Fact]
    public void A_transfer_ends_with_the_clients_patience_and_is_not_answered() => Run(4096, async world =>
    {
        ScriptedExchange write = world.Client.Send(OstOpcode.Write);
        await world.Sim.Delay(TimeSpan.FromSeconds(100));
        Assert.Empty(_ended);
        await world.Sim.Delay(TimeSpan.FromSeconds(3));
        Assert.Equal([Errno.ETIMEDOUT], _ended);
        Assert.False(write.IsAnswered);
    });

    [Fact]
    public void A_reconnect_ends_what_the_old_connection_had_under_way_without_an_answer() =>
        Run(4096, async world =>
        {
            ScriptedExchange write = world.Client.Send(OstOpcode.Write);
            await world.Sim.Delay(TimeSpan.FromSeconds(1));
            world.Client.ConnectCount++;
            ScriptedReply again = await world.Client.ConnectAsync(ServerWorld.Asked, flags: 0);
            Assert.Equal(Errno.OK, again.Error);
            Assert.Equal([Errno.ETIMEDOUT], _ended);
            Assert.Equal(Errno.OK, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
            Assert.False(write.IsAnswered);
        });

    [Fact]
    public void An_eviction_ends_what_is_under_way_at_once_and_without_an_answer() => Run(4096, async world =>
    {
        ScriptedExchange write = world.Client.Send(OstOpcode.Write);
        await world.Sim.Delay(TimeSpan.FromSeconds(1));
        Assert.Empty(_ended);
        world.ServerNode.Host.Call(() => world.Target.Evict(Assert.Single(world.Target.ListExports())));
        await world.Sim.SettledAsync();
        Assert.Equal([Errno.ENOTCONN], _ended);
        Assert.False(write.IsAnswered);
    });

    [Fact]
    public void Match_bits_that_promise_too_little_memory_are_refused() => Run(2 << 20, async world =>
    {
        // Numbers of requests are multiples of 64: without match bits of its own this one offers one descriptor.
        ScriptedReply reply = await world.Client.CallAsync(OstOpcode.Write);
        Assert.Equal(Errno.EPROTO, reply.Error);
    });

    void Run(int size, Func<ServerWorld, Task> body)
    {
        async ValueTask<Errno> Fetch(ServerRequest request, CancellationToken cancel)
        {
            using PooledBuffer memory = request.Service.Context.Buffers.Take(size);
            using ServerBulk bulk = request.NewBulk(BulkType.GetSink, Portals.OST_BULK_PORTAL);
            Assert.Equal(Errno.OK, bulk.Memory.Add(memory.Slice(0, size)));
            Errno status = await bulk.RunAsync();
            Assert.False(bulk.Memory.IsActive);
            _ended.Add(status);
            return status;
        }
        ServerWorld.Run(
            body,
            handlers: target => target.Handle(
                OstOpcode.Write, new OpcodeHandler(null, LustreMsgVersion.OST_VERSION, HandlerFlags.None, Fetch)));
    }
}
