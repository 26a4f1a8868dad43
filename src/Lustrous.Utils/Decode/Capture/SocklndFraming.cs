using System.Buffers.Binary;
using Lustrous.Idl.LNet;
using Lustrous.LNet;

namespace Lustrous.Utils.Decode.Capture;

/// <summary>How long the next piece of a socklnd stream is, judged from its first bytes.</summary>
/// <remarks>Source: lnet/klnds/socklnd/socklnd-idl.h, socklnd_proto.c; include/uapi/linux/lnet/lnet-idl.h.</remarks>
static class SocklndFraming
{
    public const int MessageHeaderBytes = 24;       // struct ksock_msg_hdr
    public const int MaxHeaderBytes = MessageHeaderBytes + LNetHeader.Nid16Size;
    const int AcceptorBytes = 16, AcceptorLargeBytes = 28;
    const int HelloBytes = 56, HelloLargeBytes = 80;
    const int MaxHelloAddresses = 16;               // LNET_INTERFACES_NUM
    const int MaxPortal = 64;

    /// <summary>More bytes are needed to tell.</summary>
    public const int Unknown = 0;
    public const int Invalid = -1;

    /// <summary>Bytes of the acceptor request or HELLO at the start of <paramref name="bytes"/>.</summary>
    public static int OpeningLength(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 8)
            return Unknown;
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        bool swabbed = IsSwabbed(magic);
        uint version = Read(bytes[4..], swabbed);
        switch (swabbed ? BinaryPrimitives.ReverseEndianness(magic) : magic)
        {
            case LNetProtocol.ACCEPTOR_MAGIC:
                return version switch { 1 => AcceptorBytes, 2 => AcceptorLargeBytes, _ => Invalid };
            case LNetProtocol.MAGIC when version is >= KsockProtocol.V2 and <= KsockProtocol.V4:
                {
                    int length = version == KsockProtocol.V4 ? HelloLargeBytes : HelloBytes;
                    if (bytes.Length < length)
                        return Unknown;
                    uint addresses = Read(bytes[(length - 4)..], swabbed);
                    return addresses > MaxHelloAddresses ? Invalid : length + (int)addresses * 4;
                }
            default:
                return Invalid;
        }
    }

    public static bool IsOpening(uint magic) =>
        magic is LNetProtocol.ACCEPTOR_MAGIC or LNetProtocol.MAGIC || IsSwabbed(magic);

    public static bool IsSwabbed(uint magic) =>
        BinaryPrimitives.ReverseEndianness(magic) is LNetProtocol.ACCEPTOR_MAGIC or LNetProtocol.MAGIC
            or (uint)KsockMessageType.NOOP or (uint)KsockMessageType.LNET;

    /// <summary>Bytes of the socklnd message at the start, with its payload.</summary>
    /// <param name="bytes">The stream from here on.</param>
    /// <param name="nidBytes">8 or 20, or 0 to find out; then set.</param>
    public static int MessageLength(ReadOnlySpan<byte> bytes, ref int nidBytes)
    {
        if (bytes.Length < 4)
            return Unknown;
        uint type = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        type = IsSwabbed(type) ? BinaryPrimitives.ReverseEndianness(type) : type;
        if (type == (uint)KsockMessageType.NOOP)
            return MessageHeaderBytes;
        if (type != (uint)KsockMessageType.LNET)
            return Invalid;
        ReadOnlySpan<byte> header = bytes.Length < MessageHeaderBytes ? default : bytes[MessageHeaderBytes..];
        if (nidBytes != 20)
        {
            if (header.Length < LNetHeader.Nid4Size)
                return Unknown;
            var small = LNetHeader.ReadNid4(header);
            if (IsPlausible(small))
            {
                nidBytes = 8;
                return MessageHeaderBytes + LNetHeader.Nid4Size + (int)small.PayloadLength;
            }
            if (nidBytes == 8)
                return Invalid;
        }
        if (header.Length < LNetHeader.Nid16Size)
            return Unknown;
        var large = LNetHeader.ReadNid16(header);
        if (!IsPlausible(large))
            return Invalid;
        nidBytes = 20;
        return MessageHeaderBytes + LNetHeader.Nid16Size + (int)large.PayloadLength;
    }

    public static uint Read(ReadOnlySpan<byte> bytes, bool swabbed)
    {
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return swabbed ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    public static ulong Read64(ReadOnlySpan<byte> bytes, bool swabbed)
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return swabbed ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    static bool IsPlausible(in LNetHeader header)
    {
        bool fits = header.Type switch
        {
            LNetMessageType.Ack => header.PayloadLength == 0,
            LNetMessageType.Get => header.PayloadLength == 0 && header.Portal < MaxPortal,
            LNetMessageType.Put => header.PayloadLength <= LNetLimits.MTU && header.Portal < MaxPortal,
            LNetMessageType.Reply => header.PayloadLength <= LNetLimits.MTU,
            _ => false,
        };
        return fits && IsPlausible(header.SourceNid) && IsPlausible(header.DestinationNid)
            && IsPlausiblePid(header.SourcePid) && IsPlausiblePid(header.DestinationPid);
    }

    static bool IsPlausible(Nid nid) =>
        nid.IsAny || nid.Type is >= LNetType.Tcp and <= (LNetType)32 && (nid.Net & 0xFFFF) < 4096;

    static bool IsPlausiblePid(uint pid) =>
        pid is LNetPid.LUSTRE or LNetPid.ANY or < 0x10000 || (pid & LNetPid.USERFLAG) != 0;
}
