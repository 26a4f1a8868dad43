using System.Buffers.Binary;

namespace Lustrous.Utils.Decode.Capture;

/// <summary>The newer format: blocks of a type, a length before and after, and a body; interfaces with units of
/// their own.</summary>
/// <remarks>Source: draft-ietf-opsawg-pcapng.</remarks>
sealed class PcapNgFormat(CaptureInput input) : ICaptureFormat
{
    public const uint SectionHeader = 0x0A0D0D0A;
    const uint ByteOrderMagic = 0x1A2B3C4D;
    const uint InterfaceDescription = 1;
    const uint SimplePacket = 3;
    const uint EnhancedPacket = 6;
    const int MinBlockBytes = 12;
    const int EnhancedHeaderBytes = 20;
    const ushort TimeResolutionOption = 9;
    const int MaxInterfaces = 1024;

    readonly List<Interface> _interfaces = [];
    bool _bigEndian;

    public long PacketCount { get; private set; }

    public bool TryRead(out CapturePacket packet, out CaptureProblem? problem)
    {
        packet = default;
        problem = null;
        while (input.Peek(MinBlockBytes) is { Length: > 0 } start)
        {
            if (start.Length < MinBlockBytes)
                return Stop("the file ends inside a block header", out problem);
            if (BinaryPrimitives.ReadUInt32LittleEndian(start.Span) == SectionHeader)
            {
                _bigEndian = BinaryPrimitives.ReadUInt32BigEndian(start.Span[8..]) == ByteOrderMagic;
                _interfaces.Clear();
            }
            uint type = U32(start.Span), length = U32(start.Span[4..]);
            if (length < MinBlockBytes || length % 4 != 0 || length > CaptureInput.WindowBytes)
                return Stop($"a block of {length} bytes: the rest of the file cannot be read", out problem);
            ReadOnlyMemory<byte> block = input.Peek((int)length);
            if (block.Length < length)
                return Stop($"the file ends inside a block of {length} bytes", out problem);
            if (U32(block.Span[^4..]) != length)
                return Stop("a block's two lengths differ: the rest of the file cannot be read", out problem);
            long place = input.Offset;
            input.Skip((int)length);
            if (TryPacket(type, block[8..^4], place, out packet, out problem))
                return true;
        }
        return false;
    }

    bool TryPacket(
        uint type, ReadOnlyMemory<byte> body, long place, out CapturePacket packet, out CaptureProblem? problem)
    {
        packet = default;
        problem = null;
        switch (type)
        {
            case InterfaceDescription when body.Length >= 8 && _interfaces.Count < MaxInterfaces:
                _interfaces.Add(new((LinkType)U16(body.Span), ReadTimeUnit(body.Span[8..])));
                return false;
            case EnhancedPacket when body.Length >= EnhancedHeaderBytes:
                {
                    uint index = U32(body.Span), captured = U32(body.Span[12..]);
                    PacketCount++;
                    if (index >= (uint)_interfaces.Count || captured > body.Length - EnhancedHeaderBytes)
                        break;
                    ulong ticks = (ulong)U32(body.Span[4..]) << 32 | U32(body.Span[8..]);
                    long time = (long)((UInt128)ticks * 1_000_000_000 / _interfaces[(int)index].TicksPerSecond);
                    packet = new(
                        PacketCount, place, time, _interfaces[(int)index].LinkType,
                        body.Slice(EnhancedHeaderBytes, (int)captured),
                        (int)Math.Min(U32(body.Span[16..]), int.MaxValue));
                    return true;
                }
            case SimplePacket when body.Length >= 4 && _interfaces.Count > 0:
                {
                    int original = (int)Math.Min(U32(body.Span), int.MaxValue);
                    PacketCount++;
                    packet = new(
                        PacketCount, place, 0, _interfaces[0].LinkType,
                        body.Slice(4, Math.Min(original, body.Length - 4)), original);
                    return true;
                }
            case EnhancedPacket or SimplePacket:
                PacketCount++;
                break;
            default:
                return false;
        }
        problem = new CaptureProblem(PacketCount, place, "a packet block that contradicts itself");
        return true;
    }

    bool Stop(string what, out CaptureProblem? problem)
    {
        problem = new CaptureProblem(PacketCount, input.Offset, what);
        while (input.Peek(CaptureInput.WindowBytes) is { Length: > 0 } rest)
            input.Skip(rest.Length);
        return true;
    }

    ulong ReadTimeUnit(ReadOnlySpan<byte> options)
    {
        while (options.Length >= 4)
        {
            int code = U16(options), length = U16(options[2..]);
            if (code == 0 || length > options.Length - 4)
                break;
            if (code == TimeResolutionOption && length == 1)
            {
                int power = options[4] & 0x7F;
                if ((options[4] & 0x80) != 0)
                    return power < 64 ? 1UL << power : 1_000_000;
                return power < 19 ? (ulong)Math.Pow(10, power) : 1_000_000;
            }
            options = options[Math.Min(options.Length, 4 + (length + 3 & ~3))..];
        }
        return 1_000_000;
    }

    ushort U16(ReadOnlySpan<byte> bytes) => _bigEndian
        ? BinaryPrimitives.ReadUInt16BigEndian(bytes)
        : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    uint U32(ReadOnlySpan<byte> bytes) => _bigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    readonly record struct Interface(LinkType LinkType, ulong TicksPerSecond);
}
