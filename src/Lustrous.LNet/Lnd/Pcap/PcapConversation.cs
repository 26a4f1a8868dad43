using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Lustrous.LNet.Lnd.Pcap;

/// <summary>
/// One TCP connection as a capture shows it, made up around bytes that are known only as two streams: the three-way
/// handshake, segments with right sequence numbers and checksums both ways, and the end.
/// </summary>
public sealed class PcapConversation
{
    const int EthernetBytes = 14, Ip4Bytes = 20, Ip6Bytes = 40, TcpBytes = 20;
    const byte Fin = 1, Syn = 2, Rst = 4, Psh = 8, Ack = 16;

    /// <summary>
    /// Payload of one made-up segment: what an offloading network card merges, and what fits an IP packet.
    /// </summary>
    const int MaxSegment = 60_000;

    readonly RankedLock _lock = new(rank: 38, "pcap_tcp");
    readonly PcapWriter _writer;
    readonly IPEndPoint _client, _server;
    uint _clientSequence, _serverSequence;      // guarded by _lock

    /// <summary>Writes the handshake by which <paramref name="client"/> reached <paramref name="server"/>.</summary>
    public PcapConversation(PcapWriter writer, IPEndPoint client, IPEndPoint server, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        _writer = writer;
        (_client, _server) = (Unmapped(client), Unmapped(server));
        _clientSequence = (uint)random.NextUInt64();
        _serverSequence = (uint)random.NextUInt64();
        using (_lock.Enter())
        {
            Segment(fromClient: true, Syn, []);
            _clientSequence++;
            Segment(fromClient: false, Syn | Ack, []);
            _serverSequence++;
            Segment(fromClient: true, Ack, []);
        }
    }

    /// <summary>Bytes that one side put on the stream, after all it put there before.</summary>
    public void Write(bool fromClient, ReadOnlySpan<byte> bytes)
    {
        using (_lock.Enter())
        {
            while (bytes.Length > 0)
            {
                ReadOnlySpan<byte> now = bytes[..Math.Min(bytes.Length, MaxSegment)];
                bytes = bytes[now.Length..];
                Segment(fromClient, (byte)(Ack | (bytes.IsEmpty ? Psh : 0)), now);
                if (fromClient)
                    _clientSequence += (uint)now.Length;
                else
                    _serverSequence += (uint)now.Length;
            }
        }
    }

    /// <summary>One side closes, in order or by a reset.</summary>
    public void Close(bool fromClient, bool reset = false)
    {
        using (_lock.Enter())
        {
            Segment(fromClient, (byte)(reset ? Rst | Ack : Fin | Ack), []);
            if (fromClient)
                _clientSequence++;
            else
                _serverSequence++;
        }
    }

    void Segment(bool fromClient, byte flags, ReadOnlySpan<byte> payload)
    {
        (IPEndPoint from, IPEndPoint to) = fromClient ? (_client, _server) : (_server, _client);
        bool ip6 = from.AddressFamily == AddressFamily.InterNetworkV6;
        int ipBytes = ip6 ? Ip6Bytes : Ip4Bytes;
        byte[] record = _writer.NewRecord(EthernetBytes + ipBytes + TcpBytes + payload.Length, out Memory<byte> memory);
        Span<byte> frame = memory.Span;
        Ethernet(frame, from, to, ip6);
        Span<byte> ip = frame[EthernetBytes..];
        Span<byte> tcp = ip[ipBytes..];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], (ushort)to.Port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], fromClient ? _clientSequence : _serverSequence);
        if ((flags & Ack) != 0)
            BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], fromClient ? _serverSequence : _clientSequence);
        tcp[12] = TcpBytes / 4 << 4;
        tcp[13] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], 0xffff);   // window
        payload.CopyTo(tcp[TcpBytes..]);
        Span<byte> addresses = ip6 ? ip.Slice(8, 32) : ip.Slice(12, 8);
        from.Address.TryWriteBytes(addresses, out int half);
        to.Address.TryWriteBytes(addresses[half..], out _);
        if (ip6)
            Ip6(ip, tcp.Length);
        else
            Ip4(ip);
        uint sum = Add(Add((uint)(tcp.Length + 6 /* IPPROTO_TCP */), addresses), tcp);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Fold(sum));
        _writer.Write(record);
    }

    /// <summary>Locally administered addresses that tell the two sides apart.</summary>
    static void Ethernet(Span<byte> frame, IPEndPoint from, IPEndPoint to, bool ip6)
    {
        Span<byte> address = stackalloc byte[16];
        to.Address.TryWriteBytes(address, out int length);
        frame[0] = 2;
        address[(length - 4)..length].CopyTo(frame[2..]);
        from.Address.TryWriteBytes(address, out length);
        frame[6] = 2;
        address[(length - 4)..length].CopyTo(frame[8..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], (ushort)(ip6 ? 0x86dd : 0x0800));
    }

    static void Ip4(Span<byte> ip)
    {
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        ip[6] = 0x40;       // do not fragment
        ip[8] = 64;
        ip[9] = 6;
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Fold(Add(0, ip[..Ip4Bytes])));
    }

    static void Ip6(Span<byte> ip, int tcpBytes)
    {
        ip[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)tcpBytes);
        ip[6] = 6;
        ip[7] = 64;
    }

    /// <summary>The Internet checksum's sum; cannot overflow over 64 KiB.</summary>
    static uint Add(uint sum, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 1)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
            bytes = bytes[2..];
        }
        return bytes.IsEmpty ? sum : sum + (uint)(bytes[0] << 8);
    }

    static ushort Fold(uint sum)
    {
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }

    static IPEndPoint Unmapped(IPEndPoint point) =>
        point.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(point.Address.MapToIPv4(), point.Port) : point;
}
