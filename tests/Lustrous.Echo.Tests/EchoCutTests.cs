using System.Net;
using System.Text;
using System.Threading.Channels;
using Lustrous.Echo;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd.Socklnd;
using Lustrous.Ptlrpc;

namespace Lustrous.Echo.Tests;

/// <summary>Two nodes over TCP whose connections are cut; nobody dies, so nothing may leak either.</summary>
public class EchoCutTests
{
    const int Cuts = 4;
    static readonly Nid ServerNid = Nid.Parse("127.0.0.1@tcp").Value;
    static readonly Nid ClientNid = Nid.Parse("127.0.0.2@tcp").Value;

    // A reply lost with its connection shows at the deadline only: a short one, of fixed length.
    static readonly PtlrpcOptions Timeouts = PtlrpcOptions.Default with { ObdTimeoutSeconds = 4, AtMaxSeconds = 0 };

    [Fact]
    public async Task Cuts_in_the_middle_of_bulks_cost_neither_a_byte_nor_a_second_execution()
    {
        int port = EchoProcess.FreePort(IPAddress.Loopback);
        NodeContext serverContext = EchoNode.CreateContext(NullLogSink.Instance);
        NodeContext clientContext = EchoNode.CreateContext(NullLogSink.Instance);
        var tunables = new KsockTunables { AcceptPort = port, ReservedPorts = false, Schedulers = 1 };
        (LNetNode serverNode, KsockLnd serverLnd) = await StartAsync(serverContext, ServerNid, tunables);
        (LNetNode clientNode, KsockLnd clientLnd) = await StartAsync(clientContext, ClientNid, tunables);
        var node = new PtlrpcNode(clientNode, Timeouts);
        using var journal = new EchoJournal(null);
        using (var store = new EchoStore(serverContext.Buffers, null))
        {
            var server = new EchoServer(serverNode, journal, store, Timeouts);
            Assert.Equal(Errno.OK, server.Start());
            using (node)
            {
                var client = new EchoClient(node, new(ServerNid, LNetProcessId.LustrePid), "cut-client");
                Assert.Equal(Errno.OK, await client.ConnectAsync(default));
                int counted = await StormAsync(client, clientContext, cut =>
                {
                    if (cut % 2 == 0)
                        clientLnd.ClosePeer(clientNode.Interfaces[^1], ServerNid);
                    else
                        serverLnd.ClosePeer(serverNode.Interfaces[^1], ClientNid);
                });
                Assert.Equal(counted, journal.Executed);
                Assert.True(client.Resent > 0, "no bulk was cut");
                await client.DisposeAsync();
            }
            await server.DisposeAsync();
        }
        await clientNode.DisposeAsync();
        await serverNode.DisposeAsync();
        Assert.Equal(0, node.RequestCount);
        await Leaks.AssertNoneAsync(clientContext.Buffers);
        await Leaks.AssertNoneAsync(serverContext.Buffers);
    }

    static async Task<(LNetNode Node, KsockLnd Lnd)> StartAsync(NodeContext context, Nid nid, KsockTunables tunables)
    {
        var node = new LNetNode(context);
        var lnd = new KsockLnd(context, tunables);
        Assert.Equal(Errno.OK, await node.AddInterfaceAsync(nid, lnd, default));
        return (node, lnd);
    }

    /// <summary>Cuts while 16 MiB go to the server, and while they come from it; returns how many rounds were
    /// counted.</summary>
    static async Task<int> StormAsync(EchoClient client, NodeContext context, Action<int> cut)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var output = new LineWriter();
        Task<int> storm = EchoRun.StormAsync(client, context, 4, stop.Task, output);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        int cuts = 0, counted = 0, sinceCut = 0;
        await foreach (string line in output.Lines.Reader.ReadAllAsync(limit.Token))
        {
            Assert.False(line.StartsWith("failed", StringComparison.Ordinal), line);
            if (line == "done")
                break;
            if (line.StartsWith("counted", StringComparison.Ordinal))
            {
                counted++;
                sinceCut++;
            }
            if (sinceCut < 6 || line != (cuts / 2 % 2 == 0 ? "writing 16777216" : "reading 16777216"))
                continue;
            sinceCut = 0;
            if (cuts < Cuts)
                cut(cuts++);
            else
                stop.TrySetResult();
        }
        Assert.Equal(0, await storm);
        return counted;
    }

    sealed class LineWriter : TextWriter
    {
        public Channel<string> Lines { get; } = Channel.CreateUnbounded<string>();

        public override Encoding Encoding => Encoding.ASCII;

        public override Task WriteLineAsync(string? value)
        {
            Lines.Writer.TryWrite(value ?? "");
            return Task.CompletedTask;
        }
    }
}
