using Lustrous.Echo;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc;

namespace Lustrous.Echo.Tests;

/// <summary>
/// What a round trip through client and server, both in this process, allocates once everything is warm:
/// nothing. Alone, because
/// the measure is that of the whole process.
/// </summary>
[Collection("alone")]
public class EchoAllocationTests
{
    const int MiB = 1 << 20;

    [Fact]
    public Task A_ping_allocates_nothing() => MeasureAsync(2000, (client, _) => client.PingAsync(default));

    [Fact]
    public Task A_write_of_1_MiB_allocates_nothing() =>
        MeasureAsync(200, (client, memory) => client.WriteAsync(1, memory, 0, default));

    [Fact]
    public Task A_read_of_1_MiB_allocates_nothing() =>
        MeasureAsync(200, (client, memory) => client.ReadAsync(1, memory, 0, default));

    [Fact]
    public Task A_write_in_the_message_allocates_nothing() =>
        MeasureAsync(1000, (client, memory) => client.WriteAsync(1, memory.Slice(0, 4096), 0, default));

    [Fact]
    public Task A_read_in_the_message_allocates_nothing() =>
        MeasureAsync(1000, (client, memory) => client.ReadAsync(1, memory.Slice(0, 4096), 0, default));

    static async Task MeasureAsync(int count, Func<EchoClient, IoVec, ValueTask<Errno>> operation)
    {
        NodeContext context = EchoNode.CreateContext();
        var lnet = new LNetNode(context);
        using var journal = new EchoJournal(null);
        using var store = new EchoStore(context.Buffers, null);
        var server = new EchoServer(lnet, journal, store);
        Assert.Equal(Errno.OK, server.Start());
        using (var node = new PtlrpcNode(lnet, EchoNode.Timeouts))
        {
            var client = new EchoClient(node, new(Nid.Loopback, LNetProcessId.LustrePid), "lo-client");
            Assert.Equal(Errno.OK, await client.ConnectAsync(default));
            using (PooledBuffer memory = context.Buffers.Take(MiB))
            {
                memory.Span.Clear();
                IoVec data = memory.Slice(0, MiB);
                Assert.Equal(Errno.OK, await client.WriteAsync(1, data, 0, default));
                long best = long.MaxValue;
                // The runtime's own threads allocate now and then: the best of some tries is ours.
                for (int attempt = 0; attempt < 4 && best > 0; attempt++)
                {
                    long before = GC.GetTotalAllocatedBytes(precise: true);
                    for (int i = 0; i < count; i++)
                    {
                        if (await operation(client, data) is var status and not Errno.OK)
                            Assert.Fail($"{status}");
                    }
                    best = Math.Min(best, GC.GetTotalAllocatedBytes(precise: true) - before);
                }
                Assert.True(best < count, $"{best} bytes in {count} operations");
            }
            await client.DisposeAsync();
        }
        await server.DisposeAsync();
        await lnet.DisposeAsync();
    }
}

[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
