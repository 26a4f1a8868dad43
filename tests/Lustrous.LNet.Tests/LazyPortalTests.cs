using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Tests.Support;

namespace Lustrous.LNet.Tests;

/// <summary>PUTs that wait for a descriptor.</summary>
public sealed class LazyPortalTests : IAsyncDisposable
{
    const int Portal = 12;
    static readonly Nid NidA = TestWorld.Nid(1), NidB = TestWorld.Nid(2), NidC = TestWorld.Nid(3);

    readonly TestWorld _world = new();
    readonly LNetNode _a, _b, _c;

    public LazyPortalTests()
    {
        _a = _world.Start(NidA);
        _b = _world.Start(
            new LNetOptions { MaxDelayedMessages = 6, MaxDelayedMessagesPerPeer = 4, MaxDelayedBytes = 64 << 10 },
            NidB);
        _c = _world.Start(NidC);
        _b.SetLazyPortal(Portal);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    TestMd Put(byte value, int length = 10, LNetNode? from = null)
    {
        var md = new TestMd(length, threshold: 2);
        md.Memory.AsSpan().Fill(value);
        Assert.Equal(
            Errno.OK, (from ?? _a).Put(md.Md, 0, length, true, Nid.Any, TestWorld.Id(NidB), Portal, value, 0, 0));
        _world.Wire.Run();
        return md;
    }

    void Post(TestMd md) => Assert.Equal(
        Errno.OK, _b.Attach(Portal, LNetProcessId.Any, 0, ~0ul, MdUnlink.Unlink, MatchPosition.After, md.Md));

    [Fact]
    public void They_come_in_order_with_all_their_bytes_once_one_is_posted()
    {
        TestMd[] sources = [Put(1), Put(2), Put(3)];
        Assert.Equal(3, _b.DelayedMessages);
        Assert.All(sources, s => Assert.Single(s.Events));
        var sink = new TestMd(100, MdOptions.OpPut, threshold: 2);
        Post(sink);
        Assert.Equal([1ul, 2ul], sink.Events.Select(e => e.MatchBits));
        Assert.True(sink.Events[1].Unlinked);
        Assert.Equal([.. Enumerable.Repeat((byte)1, 10), .. Enumerable.Repeat((byte)2, 10)], sink.Memory[..20]);
        Assert.Equal(1, _b.DelayedMessages);
        _world.Wire.Run();
        Assert.Equal([2, 2, 1], sources.Select(s => s.Events.Count));
    }

    [Fact]
    public void Posting_from_the_event_drains_without_recursion()
    {
        for (byte i = 1; i <= 4; i++)
            Put(i);
        int depth = 0, deepest = 0;
        var sink = new TestMd(10, MdOptions.OpPut, threshold: 1) { Reused = true };
        sink.Then = seen =>
        {
            deepest = Math.Max(deepest, ++depth);
            if (seen.Kind == LNetEventKind.Put)
            {
                sink.Md.Threshold = 1;
                Post(sink);
            }
            depth--;
        };
        Post(sink);
        Assert.Equal([1ul, 2ul, 3ul, 4ul], sink.Events.Select(e => e.MatchBits));
        Assert.Equal(1, deepest);
        sink.Then = null;
    }

    [Fact]
    public void One_peer_cannot_take_the_room_of_all()
    {
        for (byte i = 0; i < 8; i++)
            Put(i);
        Assert.Equal((4, 4), (_b.DelayedMessages, _b.Counters.DroppedMessages));
        for (byte i = 0; i < 8; i++)
            Put(i, from: _c);
        Assert.Equal((6, 10), (_b.DelayedMessages, _b.Counters.DroppedMessages));
    }

    [Fact]
    public void Bytes_are_bounded_too()
    {
        Put(1, 40 << 10);
        Assert.Equal(1, _b.DelayedMessages);
        Put(2, 1 << 20);
        Assert.Equal((1, 1), (_b.DelayedMessages, _b.Counters.DroppedMessages));
    }

    [Fact]
    public void A_closed_portal_drops_what_waits()
    {
        Put(1);
        _b.ClearLazyPortal(Portal);
        Assert.Equal((0, 1), (_b.DelayedMessages, _b.Counters.DroppedMessages));
        Put(1);
        Assert.Equal(2, _b.Counters.DroppedMessages);
    }

    [Fact]
    public void A_waiting_message_too_big_for_what_is_posted_is_dropped()
    {
        Put(1, 50);
        var sink = new TestMd(10, MdOptions.OpPut);
        Post(sink);
        Assert.Empty(sink.Events);
        Assert.Equal(0, _b.DelayedMessages);
    }
}
