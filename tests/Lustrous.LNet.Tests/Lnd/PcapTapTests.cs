using System.Buffers.Binary;
using System.Net;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Lnd;
using Lustrous.LNet.Lnd.Pcap;
using Lustrous.Simulation;

namespace Lustrous.LNet.Tests.Lnd;

/// <summary>What passes a tap stands in its capture as socklnd would have sent it.</summary>
public sealed class PcapTapTests
{
    [Fact]
    public void A_conversation_is_a_capture_that_tshark_reads_without_complaint()
    {
        Assert.SkipUnless(Tshark.IsInstalled, Tshark.Missing);
        using var file = new TemporaryFile();
        Converse(file.Path);

        string[][] lnet = Tshark.Read(
            file.Path, "lnet", 988, "ip.src", "lnet.msg_type", "lnet.payload_length", "lnet.msg_dst_match_bits",
            "lnet.nid.addr");
        Assert.Equal(
        [
            ("10.0.0.1", "1", "7"), ("10.0.0.2", "0", "0"), ("10.0.0.2", "2", "0"), ("10.0.0.1", "3", "4"),
            ("10.0.0.1", "1", "200000"),
        ], lnet.Select(row => (row[0], row[1], row[2])));
        Assert.All(lnet, row => Assert.Contains(row[0], row[4], StringComparison.Ordinal));

        // A payload to a portal that the dissector does not know is malformed to it, in kernel recordings too.
        Assert.Empty(Tshark.Read(file.Path, "_ws.malformed && !(lnet.msg_type == 1)", 988, "frame.number"));
        Assert.Empty(Tshark.Read(file.Path, "tcp.analysis.flags", 988, "frame.number"));
        Assert.Empty(Tshark.Read(
            file.Path, "ip.checksum.status == 0 || tcp.checksum.status == 0", 988, "frame.number"));
    }

    [Fact]
    public void The_stream_begins_as_a_socklnd_connection_does()
    {
        using var file = new TemporaryFile();
        Converse(file.Path);
        (byte[] client, byte[] server) = Streams(File.ReadAllBytes(file.Path));

        Assert.Equal(0xacce7100u, BinaryPrimitives.ReadUInt32LittleEndian(client));                 // acceptor request
        Assert.Equal(SimNode.NidOf(2).ToNid4(), BinaryPrimitives.ReadUInt64LittleEndian(client.AsSpan(8)));
        Assert.Equal(0x45726963u, BinaryPrimitives.ReadUInt32LittleEndian(client.AsSpan(16)));      // HELLO
        Assert.Equal(3u, BinaryPrimitives.ReadUInt32LittleEndian(client.AsSpan(20)));
        Assert.Equal(SimNode.NidOf(1).ToNid4(), BinaryPrimitives.ReadUInt64LittleEndian(client.AsSpan(24)));
        Assert.Equal(0x45726963u, BinaryPrimitives.ReadUInt32LittleEndian(server));
        Assert.Equal(SimNode.NidOf(2).ToNid4(), BinaryPrimitives.ReadUInt64LittleEndian(server.AsSpan(8)));

        const int HelloBytes = 56, FrameBytes = 24 + LNetHeader.Nid4Size;
        Assert.Equal(16 + HelloBytes + 3 * FrameBytes + 7 + 4 + 200_000, client.Length);
        Assert.Equal(HelloBytes + 2 * FrameBytes, server.Length);
        Assert.Equal(Big(), client[^200_000..]);
    }

    [Fact]
    public void A_payload_that_is_thrown_away_is_zeros_in_the_capture() => Simulation.Simulation.Run(3, async sim =>
    {
        using var file = new TemporaryFile();
        await using (var writer = new PcapWriter(File.Create(file.Path), sim.Test.Node))
        {
            SimHost a = sim.AddHost("a"), b = sim.AddHost("b");
            var sender = new LndProbe(a.Node);
            var receiver = new LndProbe(b.Node) { MaxTake = 2 };
            LNetInterface ni = await sender.StartAsync(SimNode.NidOf(1), new SimLnd(sim.Network, a));
            await receiver.StartAsync(
                SimNode.NidOf(2), new PcapTap(new SimLnd(sim.Network, b), b.Node, writer));
            a.Call(() => sender.Put(ni, SimNode.NidOf(2), 50, 1, [1, 2, 3, 4]));
            await sim.SettledAsync();
            Assert.Equal([1, 2], Assert.Single(receiver.Received).Payload);
        }
        (byte[] client, _) = Streams(File.ReadAllBytes(file.Path));
        Assert.Equal([1, 2, 0, 0], client[^4..]);
    });

    [Fact]
    public void A_disk_that_fails_stops_the_capture_and_not_the_traffic() => Simulation.Simulation.Run(1, async sim =>
    {
        var writer = new PcapWriter(new FullDisk(), sim.Test.Node);
        var conversation = new PcapConversation(
            writer, new IPEndPoint(IPAddress.Loopback, 1000), new IPEndPoint(IPAddress.Loopback, 988), sim.Random);
        await sim.SettledAsync();
        conversation.Write(fromClient: true, [1, 2, 3]);
        Assert.Equal(1, writer.LostFrames);
        await writer.DisposeAsync();
    });

    /// <summary>PUT, ACK, GET, REPLY and a PUT of several segments, tapped at the first node.</summary>
    static void Converse(string path) => Simulation.Simulation.Run(7, async sim =>
    {
        Nid nidA = SimNode.NidOf(1), nidB = SimNode.NidOf(2);
        await using (var writer = new PcapWriter(File.Create(path), sim.Test.Node))
        {
            SimHost a = sim.AddHost("a"), b = sim.AddHost("b");
            var probeA = new LndProbe(a.Node);
            var probeB = new LndProbe(b.Node);
            var tap = new PcapTap(new SimLnd(sim.Network, a), a.Node, writer);
            LNetInterface niA = await probeA.StartAsync(nidA, tap);
            LNetInterface niB = await probeB.StartAsync(nidB, new SimLnd(sim.Network, b));
            a.Call(() => probeA.Put(niA, nidB, 50, 0x1234, "payload"u8));
            await sim.SettledAsync();
            b.Call(() => probeB.Send(niB, nidA, [], new LNetHeader { Type = LNetMessageType.Ack, Length = 7 }));
            await sim.SettledAsync();
            b.Call(() => probeB.Send(niB, nidA, [], new LNetHeader
            {
                Type = LNetMessageType.Get,
                Portal = 50,
                Length = 4,
            }));
            await sim.SettledAsync();
            a.Call(() => probeA.Send(niA, nidB, "data"u8, new LNetHeader { Type = LNetMessageType.Reply }));
            await sim.SettledAsync();
            a.Call(() => probeA.Put(niA, nidB, 50, 0x1235, Big()));
            await sim.SettledAsync();
            await a.RunAsync(() => tap.DisposeAsync().AsTask());
        }
    });

    static byte[] Big() => [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7 >> 3))];

    /// <summary>The payload bytes of both directions, told apart by who sent the first SYN.</summary>
    static (byte[] Client, byte[] Server) Streams(ReadOnlySpan<byte> capture)
    {
        const int IpStart = 14, TcpStart = IpStart + 20;
        var client = new List<byte>();
        var server = new List<byte>();
        capture = capture[24..];
        while (capture.Length > 0)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(capture[8..]);
            ReadOnlySpan<byte> frame = capture.Slice(16, length);
            bool toServer = BinaryPrimitives.ReadUInt16BigEndian(frame[(TcpStart + 2)..]) == 988;
            (toServer ? client : server).AddRange(frame[(TcpStart + 20)..]);
            capture = capture[(16 + length)..];
        }
        return ([.. client], [.. server]);
    }

    sealed class TemporaryFile : IDisposable
    {
        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }

    sealed class FullDisk : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("no space left");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("no space left");
    }
}
