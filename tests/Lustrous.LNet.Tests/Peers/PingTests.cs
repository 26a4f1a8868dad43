using System.Buffers.Binary;
using System.Net;
using CsCheck;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Peers;
using Lustrous.LNet.Tests.Support;

namespace Lustrous.LNet.Tests.Peers;

/// <summary>Pings, pushes and what is learnt from them.</summary>
public sealed class PingTests : IAsyncDisposable
{
    const PingFeatures KernelFeatures =
        PingFeatures.NI_STATUS | PingFeatures.RTE_DISABLED | PingFeatures.MULTI_RAIL | PingFeatures.DISCOVERY;

    static readonly LNetOptions Kernel = new() { Features = KernelFeatures };
    static readonly Nid Server = TestWorld.Nid(10), Client = TestWorld.Nid(21);
    static readonly Nid Server2 = TestWorld.Nid(110), Client2 = TestWorld.Nid(121);

    readonly TestWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    Result<LNetPingReply> Ping(LNetNode from, Nid to, int seconds = 10)
    {
        Task<Result<LNetPingReply>> ping =
            from.PingAsync(to, TimeSpan.FromSeconds(seconds), CancellationToken.None).AsTask();
        _world.Wire.Run();
        if (!ping.IsCompleted)
            _world.Clock.Advance(seconds);
        Assert.True(ping.IsCompletedSuccessfully);
        return ping.Result;
    }

    [Fact]
    public void A_kernels_answer_reads_and_rewrites_unchanged()
    {
        byte[] body = LNetFixture.Lines("ping-2.17.hex")[2];
        LNetPingReply told = PingInfo.Read(body, TimeSpan.Zero).Value;
        Assert.Equal((KernelFeatures, 12345u), (told.Features, told.Pid));
        Assert.Equal([new LNetPingEntry(Server, true)], told.Entries);

        LNetNode node = _world.Start(told.Entries[0].Nid);
        byte[] again = new byte[PingInfo.SizeFor(1)];
        int size = PingInfo.Write(again, told.Features, told.Pid, told.Sequence, [.. node.Interfaces]);
        Assert.Equal(body, again[..size]);
    }

    [Fact]
    public void A_kernels_ping_gets_what_a_kernel_would_answer()
    {
        byte[][] recorded = LNetFixture.Lines("ping-2.17.hex");
        _world.Start(Kernel, Server);
        _world.Start(Client);
        LNetHeader? reply = null;
        _world.Wire.Lose = header =>
        {
            reply = header;
            return true;
        };
        _world.Wire.Inject(Server, LNetHeader.ReadNid4(recorded[0]), Client);
        _world.Wire.Run();
        byte[] sent = new byte[LNetHeader.Nid4Size];
        Assert.NotNull(reply);
        reply.Value.WriteNid4(sent);
        Assert.Equal(recorded[1], sent);
    }

    [Fact]
    public void A_ping_tells_addresses_and_time()
    {
        LNetNode client = _world.Start(Client);
        Nid large = Nid.FromIPAddress((uint)LNetType.Tcp << 16, IPAddress.Parse("fd00::10"));
        _world.Start(new LNetOptions(), Server, large, Server2);
        LNetPingReply told = Ping(client, Server).Value;
        Assert.Equal([Server, Server2, large], told.Entries.Select(e => e.Nid));
        Assert.All(told.Entries, e => Assert.True(e.Up));
        Assert.Equal(
            PingFeatures.BASE | PingFeatures.NI_STATUS | PingFeatures.RTE_DISABLED | PingFeatures.LARGE_ADDR,
            told.Features);
        // Neither side offers discovery, so nothing is concluded from the list.
        Assert.Equal(Server2, client.PrimaryNid(Server2));
    }

    [Fact]
    public void A_node_whose_first_address_is_large_says_so()
    {
        LNetNode client = _world.Start(Client);
        Nid large = Nid.FromIPAddress((uint)LNetType.Tcp << 16, IPAddress.Parse("fd00::10"));
        _world.Start(large, Server);
        LNetPingReply told = Ping(client, Server).Value;
        Assert.Equal([large, Server], told.Entries.Select(e => e.Nid));
        Assert.True(told.Features.HasFlag(PingFeatures.PRIMARY_LARGE));
    }

    [Fact]
    public async Task A_ping_into_nothing_ends()
    {
        LNetNode client = _world.Start(Client);
        Assert.Equal(Errno.EHOSTUNREACH, Ping(client, Server).Error);
        _world.Start(Server);
        _world.Wire.Lose = header => header.Type == LNetMessageType.Reply;
        Assert.Equal(Errno.ETIMEDOUT, Ping(client, Server).Error);
        using var cancel = new CancellationTokenSource();
        Task<Result<LNetPingReply>> cancelled =
            client.PingAsync(Server, TimeSpan.FromSeconds(9), cancel.Token).AsTask();
        _world.Wire.Run();
        await cancel.CancelAsync();
        Assert.True(cancelled.IsCompleted);
        Assert.Equal(Errno.ECANCELED, (await cancelled).Error);
    }

    [Fact]
    public void A_node_pings_itself()
    {
        LNetNode node = _world.Start(Server);
        Assert.Equal([Server], Ping(node, Server).Value.Entries.Select(e => e.Nid));
        Assert.Equal([Server], Ping(node, Nid.Loopback).Value.Entries.Select(e => e.Nid));
    }

    [Fact]
    public void A_kernels_push_is_taken_and_acknowledged()
    {
        byte[][] recorded = LNetFixture.Lines("ping-2.17.hex");
        LNetNode server = _world.Start(Kernel, Server);
        _world.Start(Client);
        byte[] body = new byte[64];
        recorded[4].CopyTo(body, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(12), 3);
        BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(48), Client2.ToNid4());
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(56), (uint)NiStatus.UP);
        LNetHeader push = LNetHeader.ReadNid4(recorded[3]) with { PayloadLength = 64 };
        List<LNetHeader> sent = [];
        _world.Wire.Lose = header =>
        {
            sent.Add(header);
            return true;
        };
        for (int i = 0; i < 20; i++)
            Assert.Equal(Errno.OK, _world.Wire.Inject(Server, push, Client, body));
        _world.Wire.Run();
        Assert.Equal(20, sent.Count);
        Assert.Equal((LNetMessageType.Ack, push.Handle, 64u), (sent[0].Type, sent[0].Handle, sent[0].Length));
        Assert.Equal(Client, server.PrimaryNid(Client2));
        Assert.Equal([Client, Client2], Assert.Single(server.Peers).Interfaces.Select(i => i.Nid));
    }

    [Fact]
    public void Without_discovery_a_push_finds_nothing()
    {
        byte[][] recorded = LNetFixture.Lines("ping-2.17.hex");
        LNetNode server = _world.Start(Server);
        _world.Wire.Inject(Server, LNetHeader.ReadNid4(recorded[3]), Client, recorded[4]);
        Assert.Equal(1, server.Counters.DroppedMessages);
    }

    [Fact]
    public void Nobody_gets_anothers_address_by_claiming_it()
    {
        LNetNode server = _world.Start(Kernel, Server);
        LNetNode victim = _world.Start(Kernel, Client);
        LNetNode thief = _world.Start(Kernel, Client2);
        Ping(victim, Server);       // the server has heard from it
        byte[] body = new byte[PingInfo.SizeFor(2)];
        int size = PingInfo.Write(body, KernelFeatures, 12345, 9, [.. thief.Interfaces, .. victim.Interfaces]);
        LNetHeader push = LNetHeader.ReadNid4(LNetFixture.Lines("ping-2.17.hex")[3]);
        push = push with { SourceNid = Client2, PayloadLength = (uint)size };
        _world.Wire.Inject(Server, push, Client2, body.AsSpan(0, size));
        _world.Wire.Run();
        Assert.Equal(Client, server.PrimaryNid(Client));
        Assert.NotSame(server.Peers[0], server.Peers[1]);
        Assert.Contains(_world.Log.Lines, line => line.Message.Contains("claims", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_known_addresses_become_one_peer_when_both_say_so()
    {
        LNetNode server = _world.Start(Kernel, Server);
        LNetNode client = _world.Start(Kernel, Client, Client2);
        foreach (Nid from in (Nid[])[Client, Client2])
        {
            var md = new TestMd(10, threshold: 1);
            client.Put(md.Md, 0, 10, false, from, TestWorld.Id(Server), 9, 0, 0, 0);
        }
        _world.Wire.Run();
        Assert.Equal(2, server.Peers.Count);
        Ping(server, Client);
        _world.Wire.Run();
        Assert.Equal(Client, server.PrimaryNid(Client2));
        Assert.Single(server.Peers);
    }

    [Fact]
    public void Messages_wait_for_discovery_and_then_use_every_address()
    {
        LNetNode client = _world.Start(Kernel with { DiscoverPeers = true }, Client);
        LNetNode server = _world.Start(Kernel, Server, Server2);
        var sink = new TestMd(100, MdOptions.OpPut);
        server.Attach(9, LNetProcessId.Any, 0, 0, MdUnlink.Retain, MatchPosition.After, sink.Md);
        List<TestMd> sources = [];
        for (int i = 0; i < 6; i++)
        {
            sources.Add(new TestMd(10, threshold: 1));
            Assert.Equal(
                Errno.OK, client.Put(sources[i].Md, 0, 10, false, Nid.Any, TestWorld.Id(Server2), 9, 0, 0, 0));
        }
        _world.Wire.Run();
        Assert.Equal(6, sink.Events.Count);
        Assert.All(sources, s => Assert.Equal(Errno.OK, s.Events.Single().Status));
        LNetPeer peer = Assert.Single(client.Peers);
        Assert.Equal(Server, peer.PrimaryNid);
        Assert.All(peer.Interfaces, i => Assert.True(i.SentMessages >= 2));
        // The ping was answered and our own list pushed.
        Assert.Equal(KernelFeatures, Assert.Single(server.Peers).Features);
    }

    [Fact]
    public void A_new_address_is_told_to_the_peers_that_want_to_know()
    {
        LNetNode server = _world.Start(Kernel, Server);
        LNetNode client = _world.Start(Kernel with { DiscoverPeers = true }, Client);
        var md = new TestMd(0, threshold: 1);
        client.Put(md.Md, 0, 0, false, Nid.Any, TestWorld.Id(Server), 9, 0, 0, 0);
        _world.Wire.Run();
        Assert.Equal(Client2, server.PrimaryNid(Client2));
        ValueTask<Errno> added =
            client.AddInterfaceAsync(Client2, _world.Wire.CreateLnd(), CancellationToken.None);
        Assert.True(added.IsCompletedSuccessfully);
        _world.Wire.Run();
        Assert.Equal(Client, server.PrimaryNid(Client2));
    }

    [Fact]
    public void Messages_to_a_peer_that_cannot_be_discovered_fail()
    {
        LNetNode client = _world.Start(Kernel with { DiscoverPeers = true }, Client);
        var md = new TestMd(10, threshold: 1);
        client.Put(md.Md, 0, 10, false, Nid.Any, TestWorld.Id(Server), 9, 0, 0, 0);
        Assert.Empty(md.Events);
        _world.Wire.Run();
        Assert.Equal(Errno.EHOSTUNREACH, md.Events.Single().Status);
    }

    [Fact]
    public void Any_body_reads_or_is_refused()
    {
        byte[] valid = LNetFixture.Lines("ping-2.17.hex")[2];
        Gen.Byte.Array[0, 120].Select(Gen.Int[0, 20], Gen.UInt).Sample((noise, keep, features) =>
        {
            byte[] body = [.. noise];
            valid.AsSpan(0, Math.Min(body.Length, keep < 10 ? 0 : 32)).CopyTo(body);
            if (keep >= 10 && body.Length > 8)
                BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(4), features | 2);
            Result<LNetPingReply> told = PingInfo.Read(body, TimeSpan.Zero);
            if (!told.Failed)
                Assert.InRange(told.Value.Entries.Count, 0, body.Length / 12);
        }, iter: 5000);
    }

    [Fact]
    public void A_body_of_the_other_byte_order_reads_the_same()
    {
        byte[] body = LNetFixture.Lines("ping-2.17.hex")[2];
        for (int at = 0; at < 16; at += 4)
            body.AsSpan(at, 4).Reverse();
        for (int entry = 16; entry < body.Length; entry += 16)
        {
            body.AsSpan(entry, 8).Reverse();
            body.AsSpan(entry + 8, 4).Reverse();
        }
        Assert.Equal([new LNetPingEntry(Server, true)], PingInfo.Read(body, TimeSpan.Zero).Value.Entries);
    }
}
