using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Tests.Support;

namespace Lustrous.LNet.Tests;

/// <summary>Several threads at one descriptor: events one at a time, the last one last, none lost.</summary>
public sealed class ConcurrencyTests
{
    const int Portal = 4;
    const int Threads = 3;
    const int PutsPerThread = 3000;

    [Fact]
    public async Task Events_of_one_descriptor_never_overlap_and_end_with_the_last()
    {
        await using var world = new TestWorld();
        LNetNode node = world.Start(TestWorld.Nid(1));
        for (int round = 0; round < 5; round++)
        {
            var sink = new Sink();
            sink.Md.Options = MdOptions.OpPut | MdOptions.ManageRemote;
            sink.Md.Threshold = MemoryDescriptor.InfiniteThreshold;
            sink.Md.Handler = sink;
            Assert.Equal(Errno.OK, node.Attach(
                Portal, LNetProcessId.Any, 1, 0, MdUnlink.Retain, MatchPosition.After, sink.Md));
            Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() => PutMany(node)))];
            foreach (Thread thread in threads)
                thread.Start();
            while (Volatile.Read(ref sink.Puts) < 1000)
                Thread.Yield();
            node.Unlink(sink.Md);
            foreach (Thread thread in threads)
                thread.Join();
            Assert.Equal((0, 1, 0), (sink.Overlaps, sink.Lasts, sink.AfterLast));
            Assert.False(sink.Md.IsLinked);
        }
        LNetCounters counters = node.Counters;
        Assert.Equal(counters.SentMessages, counters.ReceivedMessages + counters.DroppedMessages);
    }

    static void PutMany(LNetNode node)
    {
        var source = new Sink();
        source.Md.Handler = source;
        for (int i = 0; i < PutsPerThread; i++)
        {
            source.Md.Threshold = 2;
            source.Lasts = 0;
            Assert.Equal(Errno.OK, node.Put(
                source.Md, 0, 0, true, Nid.Any, TestWorld.Id(Nid.Loopback), Portal, 1, 0, 0));
            node.Unlink(source.Md);     // the ACK may have come, or never will
            Assert.Equal(1, source.Lasts);
        }
    }

    sealed class Sink : ILNetEventHandler
    {
        int _inside;
        public int Puts, Overlaps, Lasts, AfterLast;

        public MemoryDescriptor Md { get; } = new();

        public void OnEvent(in LNetEvent e)
        {
            if (Interlocked.Increment(ref _inside) != 1)
                Overlaps++;
            if (Lasts != 0)
                AfterLast++;
            if (e.Unlinked)
                Lasts++;
            Puts++;
            Interlocked.Decrement(ref _inside);
        }
    }
}
