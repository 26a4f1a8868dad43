using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.LNet.Socklnd;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>Both sides' opening words (<c>struct ksock_hello_msg</c>), whatever form they have on the wire.</summary>
public struct KsockHello
{
    /// <summary>Protocol version: 2 and 3 with 8-byte NIDs, 4 with 20-byte NIDs.</summary>
    public int Version;

    public Nid SourceNid, DestinationNid;
    public uint SourcePid, DestinationPid;

    /// <summary>
    /// Nanoseconds since 1970 when the sender's interface started: tells a restarted peer from its former life.
    /// </summary>
    public ulong SourceIncarnation, DestinationIncarnation;

    /// <summary>The connection as its sender sees it.</summary>
    public SocklndConnectionType Type;

    /// <summary>Whether the sender's byte order is not this machine's.</summary>
    public bool Swapped;
}

/// <summary>
/// The bytes around LNet messages on a TCP connection: the acceptor's request, HELLO and the message prefix. All but
/// the LNet header and the NIDs of version 4 travel in the sender's byte order, which the magic of the HELLO shows.
/// </summary>
/// <remarks>Source: lnet/klnds/socklnd/socklnd-idl.h, socklnd_proto.c; include/uapi/linux/lnet/lnet-idl.h.</remarks>
public static class KsockWire
{
    public const uint AcceptorMagic = LNetProtocol.ACCEPTOR_MAGIC, Magic = LNetProtocol.MAGIC;
    public const uint AcceptorVersion = LNetProtocol.ACCEPTOR_VERSION;
    public const uint AcceptorVersionNid16 = LNetProtocol.ACCEPTOR_VERSION_16;
    public const int Version2 = (int)KsockProtocol.V2, Version3 = (int)KsockProtocol.V3;
    public const int Version4 = (int)KsockProtocol.V4;

    /// <summary>Magic and version, which say how long the rest is: of the acceptor's request and of HELLO.</summary>
    public const int MagicVersionSize = 8;

    public const int ConnreqNid4Size = 16, ConnreqNid16Size = 28;
    public const int HelloNid4Size = 56, HelloNid16Size = 80;
    public const int MaxHelloAddresses = 16;     // LNET_INTERFACES_NUM

    /// <summary><c>struct ksock_msg_hdr</c>: type, checksum, two zero-copy cookies.</summary>
    public const int PrefixSize = 24;

    public const uint Noop = (uint)KsockMessageType.NOOP, LNet = (uint)KsockMessageType.LNET;

    /// <summary>The ack cookie of a NOOP that only asks whether the peer lives.</summary>
    public const ulong KeepaliveCookie = 1;

    /// <summary>How one side's type looks from the other.</summary>
    public static SocklndConnectionType Invert(SocklndConnectionType type) => type switch
    {
        SocklndConnectionType.ANY or SocklndConnectionType.CONTROL => type,
        SocklndConnectionType.BULK_IN => SocklndConnectionType.BULK_OUT,
        SocklndConnectionType.BULK_OUT => SocklndConnectionType.BULK_IN,
        _ => SocklndConnectionType.NONE,
    };

    /// <summary>Writes the acceptor's request for <paramref name="target"/>.</summary>
    /// <returns>Its size.</returns>
    public static int WriteConnreq(Span<byte> wire, Nid target)
    {
        if (target.IsNid4)
        {
            AcceptorConnReq small = new() { Magic = AcceptorMagic, Version = AcceptorVersion, Nid = (Nid4)target };
            MemoryMarshal.Write(wire, small);
            return ConnreqNid4Size;
        }
        AcceptorConnReqV2 large = new() { Magic = AcceptorMagic, Version = AcceptorVersionNid16, Nid = target };
        MemoryMarshal.Write(wire, large);
        return ConnreqNid16Size;
    }

    /// <summary>
    /// Whole size of the request whose first <see cref="MagicVersionSize"/> bytes are here; 0 when it is none.
    /// </summary>
    public static int ConnreqSize(ReadOnlySpan<byte> start, out uint magic, out uint version)
    {
        magic = Read32(start, swapped: false);
        bool swapped = magic == BinaryPrimitives.ReverseEndianness(AcceptorMagic);
        version = Read32(start[4..], swapped);
        if (magic != AcceptorMagic && !swapped)
            return 0;
        return version switch
        {
            AcceptorVersion => ConnreqNid4Size,
            AcceptorVersionNid16 => ConnreqNid16Size,
            _ => 0,
        };
    }

    /// <summary>The NID asked for by a whole request.</summary>
    public static Nid ReadConnreq(ReadOnlySpan<byte> wire)
    {
        if (wire.Length == ConnreqNid16Size)
            return MemoryMarshal.Read<AcceptorConnReqV2>(wire).Nid;
        AcceptorConnReq request = MemoryMarshal.Read<AcceptorConnReq>(wire);
        return request.Magic == AcceptorMagic ? request.Nid : AcceptorConnReq.Swab(request).Nid;
    }

    public static int HelloSize(int version) => version == Version4 ? HelloNid16Size : HelloNid4Size;

    /// <summary>Reads magic and version of a HELLO.</summary>
    /// <returns>Whether the magic is right; the version may still be one that nobody here speaks.</returns>
    public static bool ReadHelloStart(ReadOnlySpan<byte> start, out uint version, out bool swapped)
    {
        uint magic = Read32(start, swapped: false);
        swapped = magic == BinaryPrimitives.ReverseEndianness(Magic);
        version = Read32(start[4..], swapped);
        return swapped || magic == Magic;
    }

    /// <summary>Writes a HELLO in the form of its version.</summary>
    /// <returns>Its size.</returns>
    public static int WriteHello(Span<byte> wire, in KsockHello hello)
    {
        KsockHelloMsg large = new()
        {
            Magic = Magic,
            Version = (uint)hello.Version,
            SourceNid = hello.SourceNid,
            DestinationNid = hello.DestinationNid,
            SourcePid = hello.SourcePid,
            DestinationPid = hello.DestinationPid,
            SourceIncarnation = hello.SourceIncarnation,
            DestinationIncarnation = hello.DestinationIncarnation,
            ConnectionType = hello.Type,
        };
        if (hello.Version == Version4)
        {
            MemoryMarshal.Write(wire, large);
            return HelloNid16Size;
        }
        KsockHelloMsgNid4 small = new()
        {
            Magic = large.Magic,
            Version = large.Version,
            SourceNid = (Nid4)large.SourceNid,
            DestinationNid = (Nid4)large.DestinationNid,
            SourcePid = large.SourcePid,
            DestinationPid = large.DestinationPid,
            SourceIncarnation = large.SourceIncarnation,
            DestinationIncarnation = large.DestinationIncarnation,
            ConnectionType = large.ConnectionType,
        };
        MemoryMarshal.Write(wire, small);
        return HelloNid4Size;
    }

    /// <summary>Reads a whole HELLO (without the addresses that old peers append).</summary>
    /// <param name="wire">Starts with a magic and version that <see cref="ReadHelloStart"/> took.</param>
    /// <param name="addressCount">4-byte addresses that follow; unchecked.</param>
    public static KsockHello ReadHello(ReadOnlySpan<byte> wire, out uint addressCount)
    {
        _ = ReadHelloStart(wire, out uint version, out bool swapped);
        KsockHelloMsg message;
        if (version == Version4)
        {
            message = MemoryMarshal.Read<KsockHelloMsg>(wire);
            if (swapped)
                message = KsockHelloMsg.Swab(message);
        }
        else
        {
            KsockHelloMsgNid4 small = MemoryMarshal.Read<KsockHelloMsgNid4>(wire);
            if (swapped)
                small = KsockHelloMsgNid4.Swab(small);
            message = new()
            {
                SourceNid = small.SourceNid,
                DestinationNid = small.DestinationNid,
                SourcePid = small.SourcePid,
                DestinationPid = small.DestinationPid,
                SourceIncarnation = small.SourceIncarnation,
                DestinationIncarnation = small.DestinationIncarnation,
                ConnectionType = small.ConnectionType,
                IpCount = small.IpCount,
            };
        }
        addressCount = message.IpCount;
        return new()
        {
            Version = (int)version,
            SourceNid = message.SourceNid,
            DestinationNid = message.DestinationNid,
            SourcePid = message.SourcePid,
            DestinationPid = message.DestinationPid,
            SourceIncarnation = message.SourceIncarnation,
            DestinationIncarnation = message.DestinationIncarnation,
            Type = message.ConnectionType,
            Swapped = swapped,
        };
    }

    /// <summary>Writes the prefix of a message in this machine's byte order.</summary>
    public static void WritePrefix(Span<byte> wire, uint type, uint checksum, ulong cookie0, ulong cookie1)
    {
        KsockMsgHdr prefix = new() { Type = (KsockMessageType)type, Checksum = checksum };
        prefix.ZeroCopyCookies[0] = cookie0;
        prefix.ZeroCopyCookies[1] = cookie1;
        MemoryMarshal.Write(wire, prefix);
    }

    internal static uint Read32(ReadOnlySpan<byte> wire, bool swapped)
    {
        uint value = MemoryMarshal.Read<uint>(wire);
        return swapped ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    internal static ulong Read64(ReadOnlySpan<byte> wire, bool swapped)
    {
        ulong value = MemoryMarshal.Read<ulong>(wire);
        return swapped ? BinaryPrimitives.ReverseEndianness(value) : value;
    }
}
