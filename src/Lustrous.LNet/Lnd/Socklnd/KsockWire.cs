using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>What a TCP connection carries, seen from its owner (<c>SOCKLND_CONN_*</c>).</summary>
public enum KsockConnType
{
    /// <summary>In an answer: no connection, dial again (both sides dialled at once, or one too many).</summary>
    None = -1,
    /// <summary>Everything; only peers without typed connections.</summary>
    Any = 0,
    Control = 1,
    /// <summary>The peer's bulk to us, and our zero-copy acks to it.</summary>
    BulkIn = 2,
    BulkOut = 3,
}

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
    public KsockConnType Type;

    /// <summary>Whether the sender's byte order is not this machine's.</summary>
    public bool Swapped;
}

/// <summary>
/// The bytes around LNet messages on a TCP connection: the acceptor's request, HELLO and the message prefix. All but
/// the LNet
/// header and the NIDs of version 4 travel in the sender's byte order, which the magic of the HELLO shows.
/// </summary>
/// <remarks>Source: lnet/klnds/socklnd/socklnd-idl.h, socklnd_proto.c; include/uapi/linux/lnet/lnet-idl.h.</remarks>
public static class KsockWire
{
    public const uint AcceptorMagic = 0xacce7100, Magic = 0x45726963, OldMagic = 0xeebc0ded;
    public const uint AcceptorVersion = 1, AcceptorVersionNid16 = 2;
    public const int Version2 = 2, Version3 = 3, Version4 = 4;

    /// <summary>Magic and version, which say how long the rest is: of the acceptor's request and of HELLO.</summary>
    public const int MagicVersionSize = 8;

    public const int ConnreqNid4Size = 16, ConnreqNid16Size = 28;
    public const int HelloNid4Size = 56, HelloNid16Size = 80;
    public const int MaxHelloAddresses = 16;     // LNET_INTERFACES_NUM

    /// <summary><c>struct ksock_msg_hdr</c>: type, checksum, two zero-copy cookies.</summary>
    public const int PrefixSize = 24;

    public const uint Noop = 0xc0, LNet = 0xc1;

    /// <summary>The ack cookie of a NOOP that only asks whether the peer lives.</summary>
    public const ulong KeepaliveCookie = 1;

    const int NidSize = 20;

    /// <summary>How one side's type looks from the other.</summary>
    public static KsockConnType Invert(KsockConnType type) => type switch
    {
        KsockConnType.Any or KsockConnType.Control => type,
        KsockConnType.BulkIn => KsockConnType.BulkOut,
        KsockConnType.BulkOut => KsockConnType.BulkIn,
        _ => KsockConnType.None,
    };

    /// <summary>Writes the acceptor's request for <paramref name="target"/>.</summary>
    /// <returns>Its size.</returns>
    public static int WriteConnreq(Span<byte> wire, Nid target)
    {
        Write(wire, AcceptorMagic);
        Write(wire[4..], target.IsNid4 ? AcceptorVersion : AcceptorVersionNid16);
        if (!target.IsNid4)
        {
            MemoryMarshal.Write(wire[8..], target);
            return ConnreqNid16Size;
        }
        ulong nid = target.ToNid4();
        MemoryMarshal.Write(wire[8..], nid);
        return ConnreqNid4Size;
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
            return MemoryMarshal.Read<Nid>(wire[8..]);
        return Nid.FromNid4(Read64(wire[8..], Read32(wire, swapped: false) != AcceptorMagic));
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
        int size = HelloSize(hello.Version);
        wire = wire[..size];
        wire.Clear();
        Write(wire, Magic);
        Write(wire[4..], (uint)hello.Version);
        Span<byte> rest = wire[WriteNids(wire, hello)..];
        Write(rest, hello.SourcePid);
        Write(rest[4..], hello.DestinationPid);
        MemoryMarshal.Write(rest[8..], hello.SourceIncarnation);
        MemoryMarshal.Write(rest[16..], hello.DestinationIncarnation);
        Write(rest[24..], (uint)hello.Type);
        return size;
    }

    /// <summary>Reads a whole HELLO (without the addresses that old peers append).</summary>
    /// <param name="wire">Starts with a magic and version that <see cref="ReadHelloStart"/> took.</param>
    /// <param name="addressCount">4-byte addresses that follow; unchecked.</param>
    public static KsockHello ReadHello(ReadOnlySpan<byte> wire, out uint addressCount)
    {
        _ = ReadHelloStart(wire, out uint version, out bool swapped);
        KsockHello hello = new() { Version = (int)version, Swapped = swapped };
        ReadOnlySpan<byte> rest;
        if (version == Version4)
        {
            hello.SourceNid = MemoryMarshal.Read<Nid>(wire[8..]);
            hello.DestinationNid = MemoryMarshal.Read<Nid>(wire[(8 + NidSize)..]);
            rest = wire[(8 + 2 * NidSize)..];
        }
        else
        {
            hello.SourceNid = Nid.FromNid4(Read64(wire[8..], swapped));
            hello.DestinationNid = Nid.FromNid4(Read64(wire[16..], swapped));
            rest = wire[24..];
        }
        hello.SourcePid = Read32(rest, swapped);
        hello.DestinationPid = Read32(rest[4..], swapped);
        hello.SourceIncarnation = Read64(rest[8..], swapped);
        hello.DestinationIncarnation = Read64(rest[16..], swapped);
        hello.Type = (KsockConnType)(int)Read32(rest[24..], swapped);
        addressCount = Read32(rest[28..], swapped);
        return hello;
    }

    /// <summary>Writes the prefix of a message in this machine's byte order.</summary>
    public static void WritePrefix(Span<byte> wire, uint type, uint checksum, ulong cookie0, ulong cookie1)
    {
        Write(wire, type);
        Write(wire[4..], checksum);
        MemoryMarshal.Write(wire[8..], cookie0);
        MemoryMarshal.Write(wire[16..], cookie1);
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

    static int WriteNids(Span<byte> wire, in KsockHello hello)
    {
        if (hello.Version == Version4)
        {
            MemoryMarshal.Write(wire[8..], hello.SourceNid);
            MemoryMarshal.Write(wire[(8 + NidSize)..], hello.DestinationNid);
            return 8 + 2 * NidSize;
        }
        ulong source = hello.SourceNid.ToNid4();
        ulong destination = hello.DestinationNid.ToNid4();
        MemoryMarshal.Write(wire[8..], source);
        MemoryMarshal.Write(wire[16..], destination);
        return 24;
    }

    static void Write(Span<byte> wire, uint value) => MemoryMarshal.Write(wire, value);
}
