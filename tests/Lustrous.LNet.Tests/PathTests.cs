using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Peers;
using Lustrous.LNet.Tests.Support;

namespace Lustrous.LNet.Tests;

/// <summary>Which way a message takes: nets, routes, several addresses, sick ones.</summary>
public sealed class PathTests : IAsyncDisposable
{
    const PingFeatures Rail =
        PingFeatures.NI_STATUS | PingFeatures.RTE_DISABLED | PingFeatures.MULTI_RAIL | PingFeatures.DISCOVERY;

    static readonly LNetOptions MultiRail = new() { Features = Rail };
    static readonly Nid Us = TestWorld.Nid(1), Near = TestWorld.Nid(2), Far = TestWorld.Nid(2, net: 9);
    static readonly Nid Gateway = TestWorld.Nid(50), Gateway2 = TestWorld.Nid(51);

    readonly TestWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    static TestMd Put(LNetNode from, Nid to, Nid? self = null)
    {
        var md = new TestMd(10, threshold: 1);
        Assert.Equal(Errno.OK, from.Put(md.Md, 0, 10, false, self ?? Nid.Any, TestWorld.Id(to), 9, 0, 0, 0));
        return md;
    }

    static TestMd Sink(LNetNode node)
    {
        var sink = new TestMd(1000, MdOptions.OpPut | MdOptions.ManageRemote);
        node.Attach(9, LNetProcessId.Any, 0, ~0ul, MdUnlink.Retain, MatchPosition.After, sink.Md);
        return sink;
    }

    [Fact]
    public void A_net_without_an_interface_or_route_cannot_be_reached()
    {
        LNetNode node = _world.Start(Us);
        Assert.Equal(Errno.EHOSTUNREACH, Put(node, Far).Events.Single().Status);
        Assert.Equal(Errno.EINVAL, Put(node, Near, self: Near).Events.Single().Status);
    }

    [Fact]
    public void A_route_sends_by_its_gateway_and_keeps_the_destination()
    {
        LNetNode node = _world.Start(Us);
        LNetNode router = _world.Start(Gateway, TestWorld.Nid(50, net: 9));
        Assert.Equal(Errno.OK, node.AddRoute(Far.Net, Gateway));
        Assert.Equal(Errno.EEXIST, node.AddRoute(Far.Net, Gateway));
        Assert.Equal(Errno.EINVAL, node.AddRoute(Us.Net, Gateway));
        Assert.Equal(Errno.EHOSTUNREACH, node.AddRoute(Far.Net + 1, Far));
        LNetHeader sent = default;
        _world.Wire.Lose = header =>
        {
            sent = header;
            return false;
        };
        Assert.Empty(Put(node, Far).Events);
        _world.Wire.Run();
        Assert.Equal((Far, Us), (sent.DestinationNid, sent.SourceNid));
        Assert.Equal(1, router.Counters.DroppedMessages);   // we do not route
        Assert.Equal(Errno.OK, node.RemoveRoute(Far.Net, Gateway));
        Assert.Equal(Errno.EHOSTUNREACH, Put(node, Far).Events.Single().Status);
    }

    [Fact]
    public void A_routed_question_is_answered_through_its_router()
    {
        LNetNode node = _world.Start(Us);
        TestMd sink = Sink(node);
        _world.Start(Gateway);
        LNetHeader? ack = null;
        _world.Wire.Lose = header =>
        {
            ack = header;
            return true;
        };
        var put = new LNetHeader
        {
            Type = LNetMessageType.Put,
            DestinationNid = Us,
            SourceNid = Far,
            Portal = 9,
            Handle = new WireHandle(1, 2),
        };
        Assert.Equal(Errno.OK, _world.Wire.Inject(Us, put, Gateway));
        _world.Wire.Run();
        Assert.Equal(Far, sink.Events.Single().Initiator);
        Assert.Equal((LNetMessageType.Ack, Far), (ack!.Value.Type, ack.Value.DestinationNid));
    }

    [Fact]
    public void A_dead_gateway_is_left_for_a_living_one()
    {
        LNetNode node = _world.Start(Us);
        LNetNode second = _world.Start(Gateway2);
        node.AddRoute(Far.Net, Gateway, priority: 0);
        node.AddRoute(Far.Net, Gateway2, priority: 1);
        node.NotifyPeer(_world.Wire.Interface(Us), Gateway, alive: false);
        Put(node, Far);
        _world.Wire.Run();
        Assert.Equal(1, second.Counters.DroppedMessages + second.Counters.Errors);

        // It is pinged meanwhile, and is the first choice again once it answers.
        LNetNode first = _world.Start(Gateway);
        _world.Clock.Advance(3, _world.Wire.Run);
        Assert.Equal(1000, node.Peers[0].Interfaces[0].Health);
        long before = first.Counters.DroppedMessages;
        Put(node, Far);
        _world.Wire.Run();
        Assert.Equal(before + 1, first.Counters.DroppedMessages + first.Counters.Errors);
    }

    [Fact]
    public void A_message_that_could_not_leave_takes_the_peers_other_address()
    {
        Nid near2 = TestWorld.Nid(3);
        LNetNode node = _world.Start(MultiRail, Us);
        TestMd sink = Sink(_world.Start(MultiRail, Near, near2));
        Task ping = node.PingAsync(Near, TimeSpan.FromSeconds(5), CancellationToken.None).AsTask();
        _world.Wire.Run();
        Assert.True(ping.IsCompleted);
        _world.Wire.Unreachable.Add(near2);
        List<TestMd> sent = [];
        for (int i = 0; i < 10; i++)
        {
            sent.Add(Put(node, Near));
            _world.Wire.Run();
        }
        Assert.All(sent, md => Assert.Equal(Errno.OK, md.Events.Single().Status));
        Assert.Equal(10, sink.Events.Count);
        LNetPeerInterface sick = node.Peers.Single().Interfaces.Single(i => i.Nid == near2);
        Assert.Equal(900, sick.Health);     // met once, avoided since

        // Recovery pings come after 1, 2, 4 … seconds, so a dead address costs ever less.
        long before = sick.SentMessages;
        _world.Clock.Advance(600, _world.Wire.Run);
        Assert.InRange(sick.SentMessages - before, 5, 12);
        Assert.True(sick.Health < 900);
        _world.Wire.Unreachable.Clear();
        _world.Clock.Advance(3000, _world.Wire.Run);
        Assert.Equal(1000, sick.Health);
        before = sick.SentMessages;
        _world.Clock.Advance(3000, _world.Wire.Run);
        Assert.Equal(before, sick.SentMessages);
    }

    [Fact]
    public void A_peer_with_one_address_fails_at_once_and_is_not_pinged()
    {
        LNetNode node = _world.Start(Us);
        TestMd md = Put(node, Near);
        _world.Wire.Run();
        Assert.Equal(Errno.EHOSTUNREACH, md.Events.Single().Status);
        LNetPeerInterface peer = node.Peers.Single().Interfaces.Single();
        Assert.Equal((900, 1L), (peer.Health, peer.SentMessages));
        _world.Clock.Advance(100, _world.Wire.Run);
        Assert.Equal(1, peer.SentMessages);
        Put(_world.Start(Near), Us);
        _world.Wire.Run();
        Assert.Equal(1000, peer.Health);
    }

    [Fact]
    public void All_addresses_of_a_peer_speak_in_its_primary_name()
    {
        Nid near2 = TestWorld.Nid(3);
        LNetNode node = _world.Start(MultiRail, Us);
        LNetNode peer = _world.Start(MultiRail, Near, near2);
        TestMd sink = Sink(node);
        _ = node.PingAsync(Near, TimeSpan.FromSeconds(5), CancellationToken.None).AsTask();
        _world.Wire.Run();
        Put(peer, Us, self: near2);
        _world.Wire.Run();
        Assert.Equal((Near, near2), (sink.Events.Single().Initiator, sink.Events.Single().Source));
    }
}
