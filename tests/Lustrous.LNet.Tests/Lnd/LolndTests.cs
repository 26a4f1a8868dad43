using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Tests.Support;

namespace Lustrous.LNet.Tests.Lnd;

/// <summary>A node that talks to itself.</summary>
public sealed class LolndTests : IAsyncDisposable
{
    const int Portal = 4;
    static readonly Nid Us = TestWorld.Nid(1);

    readonly TestWorld _world = new();
    readonly LNetNode _node;

    public LolndTests() => _node = _world.Start(Us);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    TestMd Post(TestMd md, ulong bits = 1)
    {
        Assert.Equal(
            Errno.OK, _node.Attach(Portal, LNetProcessId.Any, bits, 0, MdUnlink.Unlink, MatchPosition.After, md.Md));
        return md;
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Its_own_addresses_are_all_loopback(bool byName)
    {
        TestMd sink = Post(new TestMd(20, MdOptions.OpPut, fragments: 3));
        var source = new TestMd(20, threshold: 2, fragments: 2);
        source.Memory.AsSpan().Fill(9);
        _node.Put(source.Md, 0, 20, true, Nid.Any, TestWorld.Id(byName ? Us : Nid.Loopback), Portal, 1, 0, 0);
        Assert.Equal(0, _world.Wire.Delivered);
        Assert.Equal(source.Memory, sink.Memory);
        Assert.Equal(Nid.Loopback, sink.Events[0].Initiator);
        Assert.Equal([LNetEventKind.Send, LNetEventKind.Ack], source.Events.Select(e => e.Kind));
        Assert.True(source.Events[1].Unlinked);
    }

    [Fact]
    public void A_descriptor_for_one_of_our_addresses_takes_what_comes_from_loopback()
    {
        var sink = new TestMd(20, MdOptions.OpPut);
        _node.Attach(Portal, TestWorld.Id(Us), 1, 0, MdUnlink.Unlink, MatchPosition.After, sink.Md);
        _node.Put(new TestMd(20, threshold: 1).Md, 0, 20, false, Nid.Any, TestWorld.Id(Us), Portal, 1, 0, 0);
        Assert.Single(sink.Events);
    }

    [Fact]
    public void A_get_copies()
    {
        TestMd served = Post(new TestMd(50, MdOptions.OpGet, fragments: 4));
        served.Memory.AsSpan().Fill(3);
        var sink = new TestMd(50, threshold: 2, fragments: 3);
        _node.Get(sink.Md, Nid.Any, TestWorld.Id(Us), Portal, 1, 0);
        Assert.Equal(served.Memory, sink.Memory);
        Assert.True(sink.Events.Last().Unlinked);
        Assert.Equal(LNetEventKind.Get, served.Events.Single().Kind);
    }

    [Fact]
    public unsafe void A_movable_buffer_changes_hands_instead_of_being_copied()
    {
        TestMd sink = Post(new TestMd(8, MdOptions.OpPut | MdOptions.AcceptMove));
        PooledBuffer buffer = _world.Buffers.Take(4096);
        buffer.Span[..1000].Fill(5);
        var source = new TestMd(0, threshold: 1);
        source.Md.SetSingle(buffer.Slice(0, 1000));
        source.Md.Movable = buffer;
        _node.Put(source.Md, 0, 1000, false, Nid.Any, TestWorld.Id(Us), Portal, 1, 0, 0);
        Seen put = Assert.Single(sink.Events);
        Assert.Same(buffer, put.Moved);
        Assert.Equal((0, 1000), (put.Offset, put.MatchedLength));
        Assert.Same(buffer, source.Events.Single().Moved);
        put.Moved!.Dispose();
    }

    [Fact]
    public void What_is_not_the_whole_buffer_or_not_wanted_stays_its_senders()
    {
        Post(new TestMd(100, MdOptions.OpPut | MdOptions.AcceptMove | MdOptions.ManageRemote), bits: 1);
        Post(new TestMd(100, MdOptions.OpPut | MdOptions.ManageRemote), bits: 2);
        using PooledBuffer buffer = _world.Buffers.Take(4096);
        foreach ((ulong bits, int offset) in ((ulong, int)[])[(1, 3), (2, 0), (3, 0)])
        {
            var source = new TestMd(0, threshold: 1);
            source.Md.SetSingle(buffer.Slice(0, 50));
            source.Md.Movable = buffer;
            _node.Put(source.Md, offset, 40, false, Nid.Any, TestWorld.Id(Us), Portal, bits, 0, 0);
            Assert.Null(source.Events.Single().Moved);
        }
    }

    [Fact]
    public void A_delayed_message_is_handed_over_too()
    {
        _node.SetLazyPortal(Portal);
        var source = new TestMd(30, threshold: 1);
        source.Memory.AsSpan().Fill(6);
        _node.Put(source.Md, 0, 30, false, Nid.Any, TestWorld.Id(Us), Portal, 1, 0, 0);
        TestMd sink = Post(new TestMd(8, MdOptions.OpPut | MdOptions.AcceptMove));
        using PooledBuffer moved = sink.Events.Single().Moved!;
        Assert.Equal(source.Memory, moved.Span[..30]);
        Assert.Equal(0, _node.DelayedMessages);
    }

    [Fact]
    public void A_long_conversation_needs_no_stack()
    {
        var sink = new TestMd(8, MdOptions.OpPut | MdOptions.ManageRemote);
        var source = new TestMd(8);
        int left = 100_000, depth = 0, deepest = 0;
        sink.Then = seen =>
        {
            deepest = Math.Max(deepest, ++depth);
            sink.Events.Clear();
            source.Events.Clear();
            if (seen.Kind == LNetEventKind.Put && --left > 0)
                _node.Put(source.Md, 0, 8, false, Nid.Any, TestWorld.Id(Us), Portal, 1, 0, 0);
            depth--;
        };
        Post(sink);
        _node.Put(source.Md, 0, 8, false, Nid.Any, TestWorld.Id(Us), Portal, 1, 0, 0);
        Assert.Equal((0, 1), (left, deepest));
    }
}
