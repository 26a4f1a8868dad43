using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>
/// A network identifier: which interface of which node on which LNet network (<c>struct lnet_nid</c>, 20 bytes; the
/// 8-byte <c>lnet_nid_t</c> is its form for networks with 4-byte addresses).
/// </summary>
/// <remarks>Number and address bytes are in network order on the wire. Source: lnet-idl.h.</remarks>
[WireStruct("lnet_nid", size: 20, Prefix = "nid_", Opaque = true, Scalar = true)]
public readonly partial struct Nid
{
    [WireName("nid_size")] readonly byte _extraAddressBytes;    // beyond 4; all bytes 0xff is LNET_ANY_NID
    [WireName("nid_type")] readonly byte _netType;
    [WireName("nid_num")] readonly ushort _netNumber;           // network order
    [WireName("nid_addr")] readonly uint _address0;             // network order
    [WireName("nid_addr")] readonly uint _address1, _address2, _address3;

    Nid(byte extraAddressBytes, byte netType, ushort netNumber, uint a0, uint a1, uint a2, uint a3)
    {
        _extraAddressBytes = extraAddressBytes;
        _netType = netType;
        _netNumber = netNumber;
        (_address0, _address1, _address2, _address3) = (a0, a1, a2, a3);
    }

    /// <summary>Matches every node (<c>LNET_ANY_NID</c>, prints as <c>&lt;?&gt;</c>).</summary>
    public static Nid Any { get; } = new(0xff, 0xff, 0xffff, ~0u, ~0u, ~0u, ~0u);

    /// <summary>The node itself, <c>0@lo</c>.</summary>
    public static Nid Loopback { get; } = FromNid4((ulong)LNetType.Lo << 48);

    /// <summary>Type in the upper 16 bits, number in the lower 16, as <c>LNET_MKNET</c>.</summary>
    public uint Net => (uint)_netType << 16 | BigEndian(_netNumber);

    public LNetType Type => (LNetType)_netType;

    /// <summary>Whether the 8-byte form can hold it.</summary>
    public bool IsNid4 => _extraAddressBytes == 0 || Equals(Any);

    public bool IsAny => Equals(Any);

    public bool IsLoopback => _netType == (byte)LNetType.Lo;

    /// <summary>From the 8-byte form: type and number above, 4-byte address below.</summary>
    public static Nid FromNid4(ulong nid) => nid == ulong.MaxValue
        ? Any
        : new(0, (byte)(nid >> 48), BigEndian((ushort)(nid >> 32)), BigEndian((uint)nid), 0, 0, 0);

    /// <summary>The 8-byte form; only for <see cref="IsNid4"/>.</summary>
    public ulong ToNid4()
    {
        Lassert.That(IsNid4);
        return IsAny ? ulong.MaxValue : (ulong)Net << 32 | BigEndian(_address0);
    }

    public static Nid FromIPAddress(uint net, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bool fits = address.TryWriteBytes(bytes, out int written);
        Lassert.That(fits);
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(bytes);
        ushort number = BigEndian((ushort)net);
        return new((byte)(written - 4), (byte)(net >> 16), number, words[0], words[1], words[2], words[3]);
    }

    /// <summary>The address as IP; only for networks that use one (tcp, o2ib).</summary>
    public IPAddress ToIPAddress()
    {
        Span<uint> words = [_address0, _address1, _address2, _address3];
        return new IPAddress(MemoryMarshal.AsBytes(words)[..(_extraAddressBytes == 12 ? 16 : 4)]);
    }

    public AddressFamily AddressFamily =>
        _extraAddressBytes == 12 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    public bool Equals(Nid other) =>
        _extraAddressBytes == other._extraAddressBytes && _netType == other._netType && _netNumber == other._netNumber
        && _address0 == other._address0 && _address1 == other._address1
        && _address2 == other._address2 && _address3 == other._address3;

    public override bool Equals(object? obj) => obj is Nid other && Equals(other);

    public static bool operator ==(Nid left, Nid right) => left.Equals(right);

    public static bool operator !=(Nid left, Nid right) => !left.Equals(right);

    static ushort BigEndian(ushort value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    static uint BigEndian(uint value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
