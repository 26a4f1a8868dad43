using System.Buffers.Binary;

namespace Lustrous.Utils.Decode.Capture;

/// <summary>From a frame to the TCP segment in it: link layer, IP, TCP. Whatever does not fit its frame is no
/// segment.</summary>
static class FrameParser
{
    const ushort EtherIPv4 = 0x0800;
    const ushort EtherIPv6 = 0x86DD;
    const int TcpProtocol = 6;
    const int MaxVlanTags = 4;
    const int MaxIPv6Extensions = 8;

    public static bool TryParse(in CapturePacket packet, out TcpSegment segment)
    {
        segment = default;
        ReadOnlyMemory<byte> data = packet.Data;
        int ip = packet.LinkType switch
        {
            LinkType.Ethernet => SkipEtherType(data.Span, 12),
            LinkType.LinuxCooked => SkipEtherType(data.Span, 14),
            LinkType.LinuxCooked2 => data.Length >= 20 && IsIP(U16(data.Span)) ? 20 : -1,
            LinkType.Null or LinkType.Loop => 4,
            LinkType.Raw or LinkType.RawKernel or LinkType.IPv4 or LinkType.IPv6 => 0,
            _ => -1,
        };
        if (ip < 0 || data.Length <= ip)
            return false;
        int missing = Math.Max(0, packet.OriginalLength - data.Length);
        data = data[ip..];
        return (data.Span[0] >> 4) switch
        {
            4 => TryParseIPv4(data, missing, out segment),
            6 => TryParseIPv6(data, missing, out segment),
            _ => false,
        };
    }

    static int SkipEtherType(ReadOnlySpan<byte> frame, int at)
    {
        for (int tags = 0; tags <= MaxVlanTags && frame.Length >= at + 2; tags++)
        {
            ushort type = U16(frame[at..]);
            if (IsIP(type))
                return at + 2;
            if (type is not (0x8100 or 0x88A8 or 0x9100))
                return -1;
            at += 4;
        }
        return -1;
    }

    static bool TryParseIPv4(ReadOnlyMemory<byte> data, int missing, out TcpSegment segment)
    {
        segment = default;
        ReadOnlySpan<byte> ip = data.Span;
        if (ip.Length < 20)
            return false;
        int header = (ip[0] & 15) * 4;
        int total = U16(ip[2..]);
        bool fragment = (U16(ip[6..]) & 0x3FFF) != 0;
        if (header < 20 || ip.Length < header || ip[9] != TcpProtocol || fragment)
            return false;
        // Offloading writes 0 for a segment larger than 64 KiB: then the frame says how long it is.
        if (total == 0)
            total = data.Length + missing;
        return TryParseTcp(data[header..], total - header, ip.Slice(12, 4), ip.Slice(16, 4), out segment);
    }

    static bool TryParseIPv6(ReadOnlyMemory<byte> data, int missing, out TcpSegment segment)
    {
        segment = default;
        ReadOnlySpan<byte> ip = data.Span;
        if (ip.Length < 40)
            return false;
        int total = U16(ip[4..]);
        total = total == 0 ? data.Length + missing : total + 40;
        int header = 40;
        int next = ip[6];
        for (int i = 0; next is 0 or 43 or 60 && i < MaxIPv6Extensions; i++)
        {
            if (ip.Length < header + 8)
                return false;
            next = ip[header];
            header += (ip[header + 1] + 1) * 8;
        }
        return next == TcpProtocol && ip.Length >= header
            && TryParseTcp(data[header..], total - header, ip.Slice(8, 16), ip.Slice(24, 16), out segment);
    }

    static bool TryParseTcp(
        ReadOnlyMemory<byte> data, int length, ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination,
        out TcpSegment segment)
    {
        segment = default;
        ReadOnlySpan<byte> tcp = data.Span;
        if (tcp.Length < 20)
            return false;
        int header = (tcp[12] >> 4) * 4;
        if (header < 20 || length < header)
            return false;
        int payload = length - header;
        // Short frames are padded: what lies behind the IP length is not TCP's.
        ReadOnlyMemory<byte> kept = data.Length > header
            ? data.Slice(header, Math.Min(payload, data.Length - header))
            : default;
        segment = new(
            CaptureEndpoint.From(source, U16(tcp)), CaptureEndpoint.From(destination, U16(tcp[2..])),
            BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]), BinaryPrimitives.ReadUInt32BigEndian(tcp[8..]),
            (TcpFlags)(tcp[13] & 0x17), kept, payload);
        return true;
    }

    static bool IsIP(ushort type) => type is EtherIPv4 or EtherIPv6;

    static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
