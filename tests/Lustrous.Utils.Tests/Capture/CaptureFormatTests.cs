using Lustrous.Libcfs;
using Lustrous.Utils.Decode.Capture;
using static Lustrous.Utils.Tests.Capture.SyntheticCapture;

namespace Lustrous.Utils.Tests.Capture;

/// <summary>Files and frames: every way of writing the same packets gives the same items.</summary>
public sealed class CaptureFormatTests
{
    static readonly byte[][] Frames =
        [Frame(true, 100, Put(1, 10)), Frame(false, 500, Put(2, 0)), Frame(true, 206, Noop(1))];
    static readonly string[] Expected = ["Put1:10", "Put2:0", "Noop"];

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, true)]
    public void A_pcap_of_either_byte_order_and_unit_reads(bool bigEndian, bool nanoseconds, bool packed)
    {
        byte[] file = Pcap(Frames, bigEndian, nanoseconds);
        Collected collected = ReadAll(packed ? Gzip(file) : file);
        Assert.Equal(Expected, collected.Items);
        Assert.Empty(collected.Problems);
        Assert.Equal(1_000_000_000_000_000 + (nanoseconds ? 2 : 2000), collected.Full[1].TimeNanoseconds);
        Assert.Equal(
            "10.0.0.2:1023 → 10.0.0.1:988", collected.Full[0].Connection.Describe(CaptureDirection.ToServer));
        Assert.Equal(CaptureDirection.ToClient, collected.Full[1].Direction);
        Assert.Equal(106, collected.Full[2].StreamOffset);
        Assert.Equal(3, collected.Full[2].PacketNumber);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pcapng_reads(bool bigEndian)
    {
        Collected collected = ReadAll(Gzip(PcapNg(Frames, bigEndian)));
        Assert.Equal(Expected, collected.Items);
        Assert.Empty(collected.Problems);
        Assert.Equal(1_000_000_000_003_000, collected.Full[2].TimeNanoseconds);
    }

    [Theory]
    [InlineData(LinkType.Raw, "")]
    [InlineData(LinkType.IPv4, "")]
    [InlineData(LinkType.Null, "02000000")]
    [InlineData(LinkType.Loop, "00000002")]
    [InlineData(LinkType.LinuxCooked, "00000001000600000000000000000800")]
    [InlineData(LinkType.LinuxCooked2, "0800000000000001000100060000000000000000")]
    [InlineData(LinkType.Ethernet, "0000000000000000000000008100000A0800")]
    [InlineData(LinkType.Ethernet, "00000000000000000000000088A800018100000A0800")]
    public void Every_link_layer_leads_to_the_same_segments(LinkType link, string head)
    {
        IEnumerable<byte[]> frames =
            Frames.Select(frame => Convert.FromHexString(head).Concat(frame.Skip(14)).ToArray());
        Assert.Equal(Expected, ReadAll(Pcap(frames, link: link)).Items);
    }

    [Fact]
    public void Only_the_ports_that_are_asked_for_are_followed()
    {
        byte[] file = Pcap([Frame(true, 1, Put(1, 1), serverPort: 9988), Frame(true, 1, Put(2, 2))]);
        Assert.Equal(["Put2:2"], ReadAll(file).Items);
        Assert.Equal(["Put1:1", "Put2:2"], ReadAll(file, 9988).Items);
    }

    [Fact]
    public void What_is_no_capture_is_refused()
    {
        Assert.Equal(Errno.ENOENT, CaptureReader.Open("/no/such/file").Error);
        foreach (int length in new[] { 0, 1, 4, 23 })
            Assert.Equal(Errno.EPROTO, CaptureReader.Open(new MemoryStream(Pcap(Frames)[..length])).Error);
        Assert.Equal(Errno.EPROTO, CaptureReader.Open(new MemoryStream(new byte[100])).Error);
    }

    [Fact]
    public void A_file_cut_anywhere_gives_what_came_before_and_says_where_it_ends()
    {
        foreach (byte[] file in new[] { Pcap(Frames), PcapNg(Frames) })
        {
            for (int length = 28; length < file.Length; length++)
            {
                Collected collected = ReadAll(file[..length]);
                Assert.Equal(Expected.Take(collected.Items.Count), collected.Items);
                Assert.True(collected.Items.Count < 3);
                Assert.All(collected.Problems, problem => Assert.InRange(problem.FileOffset, 24, length));
            }
        }
    }

    [Fact]
    public void A_gzip_that_was_cut_gives_a_problem_and_no_exception()
    {
        byte[] file = Gzip(Pcap(Enumerable.Range(0, 200).Select(i => Frame(true, (uint)(96 * i), Put((ulong)i, 0)))));
        Collected collected = ReadAll(file[..(file.Length / 2)]);
        Assert.InRange(collected.Items.Count, 1, 199);
        Assert.NotEmpty(collected.Problems);
    }

    [Fact]
    public void After_a_damaged_record_the_next_one_is_found()
    {
        byte[][] frames = [.. Enumerable.Range(0, 5).Select(i => Frame(true, (uint)(96 * i), Put((ulong)i, 0)))];
        byte[] file = Pcap(frames);
        int record = 16 + frames[0].Length;
        file.AsSpan(24 + 2 * record + 8, 4).Fill(0xEE);     // the third record's length
        Collected collected = ReadAll(file);
        Assert.Equal(["Put0:0", "Put1:0", "Put3:0", "Put4:0"], collected.Items);
        Assert.Equal(24 + 2 * record, collected.Problems[0].FileOffset);
        Assert.Equal(96, collected.Problems.Sum(problem => problem.MissingBytes));
    }

    [Fact]
    public void Random_damage_costs_no_exception_and_loses_no_byte_of_the_count()
    {
        byte[] good = Pcap(Enumerable.Range(0, 40).Select(i => Frame(true, (uint)(146 * i), Put((ulong)i, 50))));
        for (ulong seed = 0; seed < 300; seed++)
        {
            var random = new SeededRandom(seed);
            byte[] file = [.. good];
            for (int i = random.Next(8); i >= 0; i--)
                file[24 + random.Next(file.Length - 24)] = (byte)random.NextUInt64();
            Exception? thrown = Record.Exception(() => ReadAll(file));
            Assert.True(thrown is null, $"seed {seed}: {thrown}");
        }
    }
}
