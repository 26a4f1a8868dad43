using CsCheck;
using Lustrous.Libcfs;
using Lustrous.Utils.Decode.Capture;
using static Lustrous.Utils.Tests.Capture.SyntheticCapture;

namespace Lustrous.Utils.Tests.Capture;

/// <summary>Segments in every order, and with parts missing.</summary>
public sealed class TcpStreamTests
{
    const uint First = 0xFFFFFF00;      // so that the sequence numbers wrap

    static readonly byte[][] Messages =
        [Put(1, 300), Noop(4), Put(2, 0), Put(3, 5000), Noop(9), Put(4, 77), Put(5, 1000), Put(6, 1)];
    static readonly string[] Names =
        ["Put1:300", "Noop", "Put2:0", "Put3:5000", "Noop", "Put4:77", "Put5:1000", "Put6:1"];
    static readonly byte[] Stream = [.. Messages.SelectMany(message => message)];

    [Fact]
    public void Any_cutting_order_repetition_and_overlap_gives_the_same_items() => Gen.ULong.Sample(seed =>
    {
        var random = new SeededRandom(seed);
        var frames = new List<byte[]>();
        for (int at = 0; at < Stream.Length;)
        {
            int length = Math.Min(1 + random.Next(900), Stream.Length - at);
            int early = Math.Min(at, random.Next(2) * random.Next(200));
            frames.Add(Segment(at - early, length + early));
            at += length;
            if (random.Next(5) == 0)
                frames.Add(frames[random.Next(frames.Count)]);
        }
        // Neighbours change places, as on a path with two ways.
        for (int i = 0; i + 1 < frames.Count; i++)
        {
            if (random.Next(3) == 0)
                (frames[i], frames[i + 1]) = (frames[i + 1], frames[i]);
        }
        frames.Insert(0, Frame(true, First - 1, [], flags: 2));
        Collected collected = ReadAll(Pcap(frames));
        Assert.Equal(Names, collected.Items);
        Assert.Empty(collected.Problems);
        Assert.Equal(Stream.Length, collected.Statistics.ItemBytes);
    }, iter: 300);

    [Fact]
    public void One_byte_at_a_time_is_enough()
    {
        IEnumerable<byte[]> frames = Enumerable.Range(0, 700).Select(at => Segment(at, 1));
        Assert.Equal(["Put1:300", "Noop", "Put2:0"], ReadAll(Pcap(frames)).Items);
    }

    [Fact]
    public void A_message_that_lacks_bytes_is_told_of_and_its_neighbours_decode()
    {
        // 1000 bytes out of the payload of Put3.
        int hole = 396 + 24 + 96 + 500;
        Collected collected = ReadAll(Pcap([Segment(0, hole), Segment(hole + 1000, Stream.Length - hole - 1000)]));
        Assert.Equal(["Put1:300", "Noop", "Put2:0", "Noop", "Put4:77", "Put5:1000", "Put6:1"], collected.Items);
        CaptureProblem problem = Assert.Single(collected.Problems);
        Assert.Equal(1000, problem.MissingBytes);
        Assert.Equal(1000, collected.Statistics.MissingBytes);
        Assert.Equal(5096 - 1000, collected.Statistics.UndecodedBytes);
        Assert.EndsWith(
            "1000 bytes are missing, inside a message of 5096", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_hole_over_several_messages_the_next_header_is_found()
    {
        int hole = 396 + 24, end = hole + 96 + 200;     // the head of Put3 is gone, its payload goes on
        Collected collected = ReadAll(Pcap([Segment(0, hole), Segment(end, Stream.Length - end)]));
        Assert.Equal(["Put1:300", "Noop", "Put4:77", "Put5:1000", "Put6:1"], collected.Items);
        Assert.Equal(end - hole, collected.Statistics.MissingBytes);
        Assert.Equal(Stream.Length - end - (24 + 96 * 3 + 1078) + 24, collected.Statistics.UndecodedBytes);
    }

    [Fact]
    public void A_recording_that_begins_inside_a_message_goes_on_with_the_next()
    {
        for (int start = 1; start < 396; start += 13)
        {
            Collected collected = ReadAll(Pcap([Segment(start, Stream.Length - start)]));
            Assert.Equal(Names[2..], collected.Items);
            // A bare NOOP behind damage is not believed: 24 bytes could be anything.
            Assert.Equal(396 - start + 24, collected.Statistics.UndecodedBytes);
        }
    }

    [Fact]
    public void An_acknowledged_hole_is_given_up_at_once()
    {
        byte[] answer = Frame(false, 7000, Noop(1));
        uint acknowledged = First + (uint)Stream.Length;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(14 + 20 + 8), acknowledged);
        int hole = 396 + 24;
        Collected collected = ReadAll(Pcap([Segment(0, hole), Segment(hole + 96, Stream.Length - hole - 96), answer]));
        Assert.Equal("Noop", collected.Items[^1]);
        Assert.Equal(96, collected.Statistics.MissingBytes);
    }

    [Fact]
    public void Memory_behind_a_hole_is_bounded()
    {
        byte[] big = Put(1, 60000);
        IEnumerable<byte[]> frames = Enumerable.Range(1, 100)
            .Select(i => Frame(true, First + (uint)(i * big.Length), big)).Prepend(Segment(0, 10));
        Collected collected = ReadAll(Pcap(frames));
        Assert.Equal(100, collected.Items.Count);
        Assert.True(collected.Full[0].PacketNumber < 102);
        Assert.Equal(big.Length - 10, collected.Statistics.MissingBytes);
    }

    [Fact]
    public void A_frame_cut_by_the_recorder_lacks_its_rest()
    {
        byte[] file = Pcap([Segment(0, 396), Segment(396, Stream.Length - 396)]);
        int second = 24 + 16 + 54 + 396;
        // The record says that fewer bytes were kept than the frame had.
        const int Kept = 54 + 24 + 96 + 200;
        BitConverter.TryWriteBytes(file.AsSpan(second + 8), Kept);
        Collected collected = ReadAll(file[..(second + 16 + Kept)]);
        Assert.Equal(["Put1:300", "Noop", "Put2:0"], collected.Items);
        Assert.Equal(Stream.Length - 396 - 320, collected.Statistics.MissingBytes);
        Assert.NotEmpty(collected.Problems);
    }

    [Fact]
    public void The_same_ports_again_are_a_new_connection()
    {
        byte[][] frames =
        [
            Frame(true, 9, [], flags: 2), Frame(true, 10, Acceptor(Idl.LNet.Nid.Parse("10.0.0.1@tcp").Value)),
            Frame(true, 26, Put(1, 0)), Frame(true, 5_000_000, [], flags: 2), Frame(true, 5_000_000, [], flags: 2),
            Frame(true, 5_000_001, Put(2, 0)),
        ];
        Collected collected = ReadAll(Pcap(frames));
        Assert.Equal(["AcceptorRequest", "Put1:0", "Put2:0"], collected.Items);
        Assert.Equal([1, 1, 2], collected.Full.Select(item => item.Connection.Number));
        Assert.Equal("10.0.0.1@tcp", collected.Full[0].AcceptorNid.ToString());
        Assert.Empty(collected.Problems);
    }

    [Fact]
    public void Large_NIDs_are_found_out_where_no_HELLO_was_recorded()
    {
        Collected collected = ReadAll(Pcap([Frame(true, 1, [.. Put(1, 30, large: true), .. Put(2, 0, large: true)])]));
        Assert.Equal(["Put1:30", "Put2:0"], collected.Items);
        Assert.Equal("fd00::2@tcp", collected.Full[0].Header.SourceNid.ToString());
        Assert.Equal(20, collected.Full[0].Connection.NidBytes);
    }

    static byte[] Segment(int at, int length) => Frame(true, First + (uint)at, Stream.AsSpan(at, length));
}
