using System.Buffers.Binary;
using System.IO.Compression;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Tests.Capture;

/// <summary>Writes captures byte by byte: what the readers must make sense of.</summary>
static class SyntheticCapture
{
    public const ushort ClientPort = 1023, ServerPort = 988;

    public static byte[] Acceptor(Nid nid)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, LNetProtocol.ACCEPTOR_MAGIC);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), nid.ToNid4());
        return bytes;
    }

    public static byte[] Noop(ulong ack)
    {
        byte[] bytes = new byte[24];
        bytes[0] = (byte)KsockMessageType.NOOP;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), ack);
        return bytes;
    }

    public static byte[] Put(ulong matchBits, int payload, bool large = false)
    {
        var header = new LNetHeader
        {
            DestinationNid = Nid.Parse(large ? "fd00::1@tcp" : "10.0.0.1@tcp").Value,
            SourceNid = Nid.Parse(large ? "fd00::2@tcp" : "10.0.0.2@tcp").Value,
            DestinationPid = LNetPid.LUSTRE,
            SourcePid = LNetPid.LUSTRE,
            Type = LNetMessageType.Put,
            PayloadLength = (uint)payload,
            Handle = WireHandle.None,
            MatchBits = matchBits,
            Portal = 12,
        };
        int headerBytes = large ? LNetHeader.Nid16Size : LNetHeader.Nid4Size;
        byte[] bytes = new byte[24 + headerBytes + payload];
        bytes[0] = (byte)KsockMessageType.LNET;
        if (large)
            header.WriteNid16(bytes.AsSpan(24));
        else
            header.WriteNid4(bytes.AsSpan(24));
        // Payload that could never be taken for a header.
        bytes.AsSpan(24 + headerBytes).Fill(0x5A);
        return bytes;
    }

    /// <summary>An Ethernet frame with one TCP segment over IPv4.</summary>
    public static byte[] Frame(
        bool toServer, uint sequence, ReadOnlySpan<byte> payload, byte flags = 16, ushort serverPort = ServerPort)
    {
        byte[] frame = new byte[14 + 40 + payload.Length];
        frame[12] = 8;
        Span<byte> ip = frame.AsSpan(14);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(40 + payload.Length));
        ip[9] = 6;
        (ip[12], ip[15], ip[16], ip[19]) = (10, (byte)(toServer ? 2 : 1), 10, (byte)(toServer ? 1 : 2));
        Span<byte> tcp = ip[20..];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, toServer ? ClientPort : serverPort);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], toServer ? serverPort : ClientPort);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        (tcp[12], tcp[13]) = (0x50, flags);
        payload.CopyTo(tcp[20..]);
        return frame;
    }

    public static byte[] Pcap(
        IEnumerable<byte[]> frames, bool bigEndian = false, bool nanoseconds = false, LinkType link = LinkType.Ethernet)
    {
        var file = new MemoryStream();
        uint magic = nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4;
        // Two 16-bit numbers: version 2.4.
        uint version = bigEndian ? 0x00020004u : 0x00040002u;
        Write(file, bigEndian, magic, version, 0, 0, 262144, (uint)link);
        uint fraction = 0;
        foreach (byte[] frame in frames)
        {
            Write(file, bigEndian, 1_000_000, ++fraction, (uint)frame.Length, (uint)frame.Length);
            file.Write(frame);
        }
        return file.ToArray();
    }

    public static byte[] PcapNg(IEnumerable<byte[]> frames, bool bigEndian = false)
    {
        var file = new MemoryStream();
        Write(file, bigEndian, 0x0A0D0D0A, 28, 0x1A2B3C4D, 0, uint.MaxValue, uint.MaxValue, 28);
        Write(file, bigEndian, 1, 20, bigEndian ? (uint)LinkType.Ethernet << 16 : (uint)LinkType.Ethernet, 262144, 20);
        uint fraction = 0;
        foreach (byte[] frame in frames)
        {
            int padded = (frame.Length + 3) & ~3;
            uint length = (uint)(32 + padded);
            const ulong Start = 1_000_000_000_000;
            ulong ticks = Start + ++fraction;
            uint captured = (uint)frame.Length;
            Write(file, bigEndian, 6, length, 0, (uint)(ticks >> 32), (uint)ticks, captured, captured);
            file.Write(frame);
            file.Write(new byte[padded - frame.Length]);
            Write(file, bigEndian, length);
        }
        return file.ToArray();
    }

    public static byte[] Gzip(byte[] file)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(file);
        return packed.ToArray();
    }

    public static Collected ReadAll(byte[] file, params int[] ports)
    {
        var collected = new Collected();
        Result<CaptureReader> opened = CaptureReader.Open(new MemoryStream(file));
        Assert.Equal(Errno.OK, opened.Error);
        using CaptureReader reader = opened.Value;
        collected.Statistics = new CaptureDecoder(collected, ports).Run(reader);
        Assert.Equal(
            collected.Statistics.StreamBytes, collected.Statistics.ItemBytes + collected.Statistics.UndecodedBytes);
        Assert.Equal(collected.Statistics.Problems, collected.Problems.Count);
        return collected;
    }

    static void Write(MemoryStream file, bool bigEndian, params ReadOnlySpan<uint> words)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (uint word in words)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(
                bytes, bigEndian ? BinaryPrimitives.ReverseEndianness(word) : word);
            file.Write(bytes);
        }
    }

    /// <summary>What a decoder showed, each item as one word.</summary>
    public sealed class Collected : ICaptureSink
    {
        public List<string> Items { get; } = [];

        public List<CapturedItem> Full { get; } = [];

        public List<CaptureProblem> Problems { get; } = [];

        public CaptureStatistics Statistics { get; set; } = new();

        public void Item(CapturedItem item)
        {
            Full.Add(item with { Bytes = item.Bytes.ToArray(), Payload = item.Payload.ToArray() });
            Items.Add(item.Kind switch
            {
                CapturedItemKind.LNetMessage => $"{item.Header.Type}{item.Header.MatchBits}:{item.Payload.Length}",
                CapturedItemKind.Hello => $"Hello{item.Hello.Version}",
                _ => item.Kind.ToString(),
            });
        }

        public void Problem(CaptureProblem problem) => Problems.Add(problem);
    }
}
