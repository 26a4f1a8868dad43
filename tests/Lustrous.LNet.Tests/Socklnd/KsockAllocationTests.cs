using System.Diagnostics;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Lnd;
using Lustrous.LNet.Lnd.Socklnd;

namespace Lustrous.LNet.Tests.Socklnd;

/// <summary>Messages cost no garbage: two drivers bounce the same few back and forth.</summary>
[Collection("sockets")]
public sealed class KsockAllocationTests
{
    [Theory]
    [InlineData(10_000, 1, 200, 200)]
    [InlineData(10_000, 32, 200, 200)]
    [InlineData(10_000, 4, 64 << 10, 100)]
    [InlineData(2_000, 2, 1 << 20, 100)]
    public async Task Thousands_of_messages_allocate_nothing(
        int messages, int depth, int requestBytes, int replyBytes)
    {
        NodeContext context = new(
            TimeProvider.System, new SeededRandom(1), new NoWork(), new BufferPool(), NullLogSink.Instance);
        KsockTunables tunables = new() { AcceptPort = TestNode.Port };
        await using KsockLnd left = new(context, tunables);
        await using KsockLnd right = new(context, tunables);
        Bouncer client = new(TestNode.Tcp("127.0.0.1"), left, depth, requestBytes, replyBytes);
        Bouncer server = new(TestNode.Tcp("127.0.0.2"), right, depth, replyBytes, requestBytes);
        Assert.Equal(Errno.OK, await left.StartupAsync(client.Ni, CancellationToken.None));
        Assert.Equal(Errno.OK, await right.StartupAsync(server.Ni, CancellationToken.None));
        await client.RunAsync(server, messages);       // connects, compiles, fills pools
        await client.RunAsync(server, messages);
        // Whatever the process allocates meanwhile counts: tiered compilation and the test runner too, so the best of
        // some.
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 5 && least >= messages; attempt++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            long started = Stopwatch.GetTimestamp();
            await client.RunAsync(server, messages);
            TimeSpan took = Stopwatch.GetElapsedTime(started);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{messages / took.TotalSeconds:0} round trips/s, {least} bytes allocated");
        }
        // Starting and ending a run costs a few hundred bytes: less than one byte a message is none.
        Assert.InRange(least, 0, messages - 1);
    }

    sealed class NoWork : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) => throw new InvalidOperationException();
    }

    /// <summary>Answers each message with one of its own, from the thread that received it.</summary>
    sealed unsafe class Bouncer : ILndUpcalls, ILNetCompletions
    {
        readonly ILnd _lnd;
        readonly Stack<LNetMessage> _free = new();
        readonly byte[] _source, _sink;
        readonly int _sendBytes;
        Nid _target;
        int _left;
        bool _isClient;
        TaskCompletionSource? _done;

        public Bouncer(Nid nid, ILnd lnd, int depth, int sendBytes, int receiveBytes)
        {
            _lnd = lnd;
            _sendBytes = sendBytes;
            Ni = new LNetInterface(nid, lnd, this);
            _source = GC.AllocateArray<byte>(sendBytes, pinned: true);
            _sink = GC.AllocateArray<byte>(receiveBytes, pinned: true);
            for (int i = 0; i < 4 * depth + 64; i++)
                _free.Push(new LNetMessage { Node = this });
            Depth = depth;
        }

        public LNetInterface Ni { get; }

        int Depth { get; }

        public Task RunAsync(Bouncer server, int messages)
        {
            server._target = Ni.Nid;
            _target = server.Ni.Nid;
            _isClient = true;
            _left = messages;
            _done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            for (int i = 0; i < Depth; i++)
                Send();
            return _done.Task.WaitAsync(TimeSpan.FromMinutes(2));
        }

        void Send()
        {
            LNetMessage message;
            lock (_free)
                message = _free.Pop();
            message.Header = new LNetHeader
            {
                DestinationNid = _target,
                SourceNid = Ni.Nid,
                DestinationPid = LNetProcessId.LustrePid,
                SourcePid = LNetProcessId.LustrePid,
                Type = LNetMessageType.Put,
                PayloadLength = (uint)_sendBytes,
                Handle = WireHandle.None,
            };
            message.NextHop = _target;
            message.Interface = Ni;
            fixed (byte* start = _source)
                message.SetPayload([new IoVec(start, _sendBytes)]);
            _lnd.Send(message);
        }

        public Errno Parse(LNetInterface ni, in LNetHeader header, Nid from, LNetReceive receive)
        {
            fixed (byte* start = _sink)
                receive.SetDestination([new IoVec(start, _sink.Length)]);
            receive.DestinationOffset = 0;
            receive.DestinationLength = (int)header.PayloadLength;
            receive.Node = this;
            return Errno.OK;
        }

        public void NotifyPeer(LNetInterface ni, Nid peer, bool alive)
        {
        }

        public void OnSendComplete(LNetMessage message, Errno status)
        {
            lock (_free)
                _free.Push(message);
        }

        public void OnReceiveComplete(LNetReceive receive, Errno status)
        {
            if (!_isClient)
            {
                Send();
                return;
            }
            int left = Interlocked.Decrement(ref _left);
            if (left >= Depth)
                Send();
            else if (left == 0)
                _done!.SetResult();
        }
    }
}
