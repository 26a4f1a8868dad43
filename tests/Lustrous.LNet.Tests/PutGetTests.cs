using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Tests.Support;

namespace Lustrous.LNet.Tests;

/// <summary>The four messages between two nodes, and the events they cause.</summary>
public sealed class PutGetTests : IAsyncDisposable
{
    const int Portal = 7;
    static readonly Nid NidA = TestWorld.Nid(1), NidB = TestWorld.Nid(2);

    readonly TestWorld _world = new();
    readonly LNetNode _a, _b;

    public PutGetTests()
    {
        _a = _world.Start(NidA);
        _b = _world.Start(NidB);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    static Seen Is(LNetEventKind kind, Errno status = Errno.OK, bool unlinked = false) => new(kind, status, unlinked);

    Errno Put(TestMd md, bool ack = false, ulong bits = 5, int offset = 0, int? length = null, int remote = 0) =>
        _a.Put(
            md.Md, offset, length ?? md.Md.Length - offset, ack, Nid.Any, TestWorld.Id(NidB), Portal, bits, remote, 77);

    TestMd Post(TestMd md, ulong bits = 5, ulong ignore = 0, MdUnlink unlink = MdUnlink.Unlink)
    {
        Assert.Equal(
            Errno.OK, _b.Attach(Portal, LNetProcessId.Any, bits, ignore, unlink, MatchPosition.After, md.Md));
        return md;
    }

    static TestMd Filled(int length, int threshold, int fragments = 1)
    {
        var md = new TestMd(length, threshold: threshold, fragments: fragments);
        for (int i = 0; i < length; i++)
            md.Memory[i] = (byte)(i * 7 + 1);
        return md;
    }

    [Fact]
    public void A_put_arrives_where_its_match_bits_say()
    {
        TestMd sink = Post(new TestMd(4000, MdOptions.OpPut, threshold: 1, fragments: 3));
        TestMd source = Filled(3000, threshold: 1, fragments: 4);
        Assert.Equal(Errno.OK, Put(source));
        Assert.Empty(source.Events);
        _world.Wire.Run();

        Assert.Equal([Is(LNetEventKind.Send, unlinked: true)], source.Brief);
        Assert.False(source.Md.IsLinked);
        Seen put = Assert.Single(sink.Events);
        Assert.Equal(Is(LNetEventKind.Put, unlinked: true), put.Brief);
        Assert.Equal((0, 3000, 3000, NidA, 5ul, 77ul),
            (put.Offset, put.MatchedLength, put.RequestedLength, put.Initiator, put.MatchBits, put.HeaderData));
        Assert.Equal(source.Memory, sink.Memory[..3000]);
        Assert.All(sink.Memory[3000..], b => Assert.Equal(0, b));
    }

    [Fact]
    public void A_part_of_the_source_goes_to_the_offset_it_names()
    {
        TestMd sink = Post(new TestMd(100, MdOptions.OpPut | MdOptions.ManageRemote, fragments: 7));
        TestMd source = Filled(50, threshold: 1, fragments: 5);
        Put(source, offset: 13, length: 20, remote: 61);
        _world.Wire.Run();
        Assert.Equal(source.Memory[13..33], sink.Memory[61..81]);
        Assert.Equal(61, sink.Events[0].Offset);
        Assert.Equal(20, sink.Memory.Count(b => b != 0));
    }

    [Fact]
    public void Locally_managed_messages_follow_each_other()
    {
        TestMd sink = Post(new TestMd(100, MdOptions.OpPut));
        for (int i = 0; i < 3; i++)
        {
            Put(Filled(30, threshold: 1));
            _world.Wire.Run();
        }
        Assert.Equal([0, 30, 60], sink.Events.Select(e => e.Offset));
    }

    [Fact]
    public void An_acknowledged_put_ends_with_its_ack()
    {
        Post(new TestMd(10, MdOptions.OpPut | MdOptions.Truncate));
        TestMd source = Filled(30, threshold: 2);
        Put(source, ack: true);
        _world.Wire.Run();
        Assert.Equal([Is(LNetEventKind.Send), Is(LNetEventKind.Ack, unlinked: true)], source.Brief);
        Assert.Equal(10, source.Events[1].MatchedLength);
    }

    [Fact]
    public void No_ack_comes_from_a_descriptor_that_sends_none()
    {
        Post(new TestMd(30, MdOptions.OpPut | MdOptions.AckDisable));
        TestMd source = Filled(30, threshold: 2);
        Put(source, ack: true);
        _world.Wire.Run();
        Assert.Equal([Is(LNetEventKind.Send)], source.Brief);
        _a.Unlink(source.Md);
        Assert.Equal(Is(LNetEventKind.Unlink, unlinked: true), source.Brief.Last());
    }

    [Fact]
    public void A_put_that_is_too_long_is_dropped_with_one_line()
    {
        TestMd sink = Post(new TestMd(10, MdOptions.OpPut));
        Put(Filled(30, threshold: 1));
        _world.Wire.Run();
        Assert.Empty(sink.Events);
        LogEvent line = Assert.Single(_world.Log.Lines);
        Assert.Contains(NidA.ToString(), line.Message, StringComparison.Ordinal);
        Assert.Equal((1, 30), (_b.Counters.DroppedMessages, _b.Counters.DroppedBytes));
    }

    [Fact]
    public void Without_a_match_it_is_dropped_with_one_line()
    {
        Post(new TestMd(100, MdOptions.OpPut), bits: 6);
        Post(new TestMd(100, MdOptions.OpGet), bits: 5);
        Put(Filled(30, threshold: 1));
        _world.Wire.Run();
        Assert.Single(_world.Log.Lines);
    }

    [Fact]
    public void A_get_fetches_what_the_target_has()
    {
        var served = new TestMd(100, MdOptions.OpGet | MdOptions.ManageRemote | MdOptions.Truncate, fragments: 3);
        for (int i = 0; i < 100; i++)
            served.Memory[i] = (byte)i;
        Post(served);
        var sink = new TestMd(64, threshold: 2, fragments: 2);
        Assert.Equal(Errno.OK, _a.Get(sink.Md, Nid.Any, TestWorld.Id(NidB), Portal, 5, 40));
        _world.Wire.Run();
        Assert.Equal([Is(LNetEventKind.Send), Is(LNetEventKind.Reply, unlinked: true)], sink.Brief);
        Assert.Equal(60, sink.Events[1].MatchedLength);
        Assert.Equal(served.Memory[40..], sink.Memory[..60]);
        Assert.Equal([Is(LNetEventKind.Get)], served.Brief);
        Seen got = served.Events[0];
        Assert.Equal((40, 60, 64), (got.Offset, got.MatchedLength, got.RequestedLength));
    }

    [Fact]
    public void The_threshold_unlinks_and_retain_does_not()
    {
        TestMd once = Post(new TestMd(100, MdOptions.OpPut, threshold: 1));
        TestMd kept = Post(new TestMd(100, MdOptions.OpPut, threshold: 1), bits: 6, unlink: MdUnlink.Retain);
        Put(Filled(5, threshold: 1));
        Put(Filled(5, threshold: 1), bits: 6);
        Put(Filled(5, threshold: 1), bits: 6);
        _world.Wire.Run();
        Assert.Equal([Is(LNetEventKind.Put, unlinked: true)], once.Brief);
        Assert.Equal([Is(LNetEventKind.Put)], kept.Brief);
        _b.Unlink(kept.Md);
        Assert.Equal(Is(LNetEventKind.Unlink, unlinked: true), kept.Brief.Last());
    }

    [Fact]
    public void A_request_buffer_unlinks_once_the_largest_request_no_longer_fits()
    {
        TestMd buffer = Post(new TestMd(100, MdOptions.OpPut | MdOptions.MaxSize, maxSize: 40), bits: 0, ignore: ~0ul);
        TestMd next = Post(new TestMd(100, MdOptions.OpPut | MdOptions.MaxSize, maxSize: 40), bits: 0, ignore: ~0ul);
        for (int i = 0; i < 4; i++)
            Put(Filled(31, threshold: 1), bits: (ulong)i);
        _world.Wire.Run();
        Assert.Equal([Is(LNetEventKind.Put), Is(LNetEventKind.Put, unlinked: true)], buffer.Brief);
        Assert.Equal([0, 31], buffer.Events.Select(e => e.Offset));
        Assert.Equal([Is(LNetEventKind.Put), Is(LNetEventKind.Put, unlinked: true)], next.Brief);
    }

    [Fact]
    public void Unlinking_a_busy_descriptor_waits_for_what_is_under_way()
    {
        TestMd source = Filled(30, threshold: 2);
        Put(source, ack: true);
        _a.Unlink(source.Md);
        _a.Unlink(source.Md);
        Assert.Empty(source.Events);
        Assert.True(source.Md.IsLinked);
        _world.Wire.Run();
        Assert.Equal([Is(LNetEventKind.Send, Errno.ETIMEDOUT, unlinked: true)], source.Brief);
        _a.Unlink(source.Md);
        Assert.Single(source.Events);
    }

    [Fact]
    public void A_descriptor_unlinked_from_its_own_handler_gets_a_last_event()
    {
        TestMd sink = Post(new TestMd(100, MdOptions.OpPut));
        sink.Then = seen =>
        {
            if (!seen.Unlinked)
                _b.Unlink(sink.Md);
        };
        Put(Filled(5, threshold: 1));
        _world.Wire.Run();
        Assert.Equal([Is(LNetEventKind.Put), Is(LNetEventKind.Unlink, unlinked: true)], sink.Brief);
    }

    [Fact]
    public void A_descriptor_can_be_posted_again_from_its_last_event()
    {
        var sink = new TestMd(100, MdOptions.OpPut, threshold: 1) { Reused = true };
        sink.Then = seen =>
        {
            sink.Md.Threshold = 1;
            Post(sink);
        };
        Post(sink);
        for (int i = 0; i < 5; i++)
            Put(Filled(5, threshold: 1));
        _world.Wire.Run();
        Assert.Equal(5, sink.Events.Count);
        Assert.All(sink.Events, e => Assert.True(e.Unlinked));
        sink.Then = null;
    }

    [Fact]
    public void What_cannot_be_sent_says_so_at_once()
    {
        var attached = Post(new TestMd(10, MdOptions.OpPut));
        Assert.Equal(Errno.EBUSY, Attach(1, attached.Md));
        Assert.Equal(Errno.ENOENT, _b.Put(attached.Md, 0, 1, false, Nid.Any, TestWorld.Id(NidA), 0, 0, 0, 0));
        Assert.Equal(Errno.ENOENT, Put(Filled(5, threshold: 0)));
        Assert.Equal(Errno.EINVAL, Put(Filled(5, threshold: 1), offset: 3, length: 3));
        Assert.Equal(Errno.EINVAL, Put(Filled(5, threshold: 1), remote: -1));
        Assert.Equal(Errno.EINVAL, Put(new TestMd((1 << 20) + 1, threshold: 1)));
        Assert.Equal(Errno.EINVAL, Attach(64, new TestMd(10, MdOptions.OpPut).Md));
        Assert.Equal(Errno.EINVAL, Attach(1, new TestMd(10).Md));
        var lying = new TestMd(10, MdOptions.OpPut);
        lying.Md.Length = 11;
        Assert.Equal(Errno.EINVAL, Attach(1, lying.Md));
    }

    Errno Attach(int portal, MemoryDescriptor md) =>
        _b.Attach(portal, LNetProcessId.Any, 0, 0, MdUnlink.Unlink, MatchPosition.After, md);

    [Fact]
    public void A_dead_target_fails_the_send_event()
    {
        _world.Wire.Unreachable.Add(NidB);
        TestMd source = Filled(5, threshold: 2);
        Put(source, ack: true);
        _world.Wire.Run();
        Assert.Equal([Is(LNetEventKind.Send, Errno.EHOSTUNREACH)], source.Brief);
        _a.Unlink(source.Md);
        Assert.Equal(2, source.Events.Count);
        Assert.Equal(1, _a.Counters.Errors);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_response_that_never_comes_expires(bool get)
    {
        _world.Wire.Lose = header => header.Type is LNetMessageType.Get or LNetMessageType.Put;
        TestMd md = Filled(5, threshold: 2);
        if (get)
            _a.Get(md.Md, Nid.Any, TestWorld.Id(NidB), Portal, 5, 0);
        else
            Put(md, ack: true);
        _world.Wire.Run();
        _world.Clock.Advance(149);
        Assert.Equal([Is(LNetEventKind.Send)], md.Brief);
        _world.Clock.Advance(3);
        Assert.Equal([Is(LNetEventKind.Send), Is(LNetEventKind.Unlink, Errno.ETIMEDOUT, unlinked: true)], md.Brief);
    }

    [Fact]
    public async Task Disposal_gives_every_descriptor_its_last_event()
    {
        TestMd posted = Post(new TestMd(10, MdOptions.OpPut)), wild = Post(new TestMd(10, MdOptions.OpPut), ignore: 3);
        TestMd waiting = Filled(5, threshold: 2), queued = Filled(5, threshold: 1);
        Put(waiting, ack: true);
        _world.Wire.Lose = _ => true;
        _world.Wire.Run();
        Put(queued);
        await _a.DisposeAsync();
        await _b.DisposeAsync();
        Assert.Equal(
            [Is(LNetEventKind.Send), Is(LNetEventKind.Unlink, Errno.ECANCELED, unlinked: true)], waiting.Brief);
        Assert.Equal([Is(LNetEventKind.Send, Errno.ESHUTDOWN, unlinked: true)], queued.Brief);
        Assert.Equal([Is(LNetEventKind.Unlink, Errno.ECANCELED, unlinked: true)], posted.Brief);
        Assert.Equal([Is(LNetEventKind.Unlink, Errno.ECANCELED, unlinked: true)], wild.Brief);
        Assert.Equal(Errno.ESHUTDOWN, Put(Filled(5, threshold: 1)));
    }

    [Fact]
    public void Ten_thousand_puts_allocate_nothing()
    {
        var count = new Counter();
        var source = new TestMd(64);
        var sink = new TestMd(64, MdOptions.OpPut | MdOptions.ManageRemote);
        source.Md.Handler = sink.Md.Handler = count;
        Post(sink);
        for (int i = 0; i < 1000; i++)
            PutAndRun(source);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
            PutAndRun(source);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(3 * 11_000, count.Events);     // SEND, PUT, ACK
        Assert.Equal(0, allocated);
        sink.Md.Handler = source.Md.Handler = null;
    }

    void PutAndRun(TestMd source)
    {
        Put(source, ack: true);
        _world.Wire.Run();
    }

    sealed class Counter : ILNetEventHandler
    {
        public int Events { get; private set; }

        public void OnEvent(in LNetEvent e) => Events++;
    }
}
