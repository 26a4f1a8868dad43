using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Lnd.Socklnd;

namespace Lustrous.LNet.Tests.Socklnd;

/// <summary>Whole LNet nodes over TCP.</summary>
[Collection("sockets")]
public sealed class KsockLNetTests
{
    sealed class ThreadPoolWork : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) =>
            ThreadPool.UnsafeQueueUserWorkItem(static call => call.work(call.state), (work, state), preferLocal: false);
    }

    static LNetNode NewNode(ulong seed) => new(new NodeContext(
        TimeProvider.System, new SeededRandom(seed), new ThreadPoolWork(), new BufferPool(), NullLogSink.Instance));

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.2")]
    [InlineData("127.0.0.9", "127.0.0.8")]
    public async Task Two_nodes_ping_each_other(string left, string right)
    {
        KsockTunables tunables = new() { AcceptPort = TestNode.Port };
        await using LNetNode a = NewNode(1);
        await using LNetNode b = NewNode(2);
        Nid aNid = TestNode.Tcp(left), bNid = TestNode.Tcp(right);
        Assert.Equal(Errno.OK, await a.AddInterfaceAsync(aNid, new KsockLnd(a.Context, tunables), default));
        Assert.Equal(Errno.OK, await b.AddInterfaceAsync(bNid, new KsockLnd(b.Context, tunables), default));
        foreach ((LNetNode from, Nid to) in new[] { (a, bNid), (b, aNid), (a, bNid) })
        {
            Result<LNetPingReply> reply = await from.PingAsync(to, TimeSpan.FromSeconds(10), default);
            Assert.Equal(Errno.OK, reply.Error);
            Assert.Equal(to, Assert.Single(reply.Value.Entries).Nid);
        }
    }
}
