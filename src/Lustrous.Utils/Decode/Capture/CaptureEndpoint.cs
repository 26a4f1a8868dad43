using System.Buffers.Binary;
using System.Net;

namespace Lustrous.Utils.Decode.Capture;

/// <summary>Address and port of one end of a TCP connection, comparable without allocating.</summary>
public readonly record struct CaptureEndpoint(UInt128 Address, bool IsIPv6, ushort Port)
{
    internal static CaptureEndpoint From(ReadOnlySpan<byte> address, ushort port) => address.Length == 16
        ? new(BinaryPrimitives.ReadUInt128BigEndian(address), true, port)
        : new(BinaryPrimitives.ReadUInt32BigEndian(address), false, port);

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        return new IPAddress(IsIPv6 ? bytes : bytes[12..]);
    }

    public override string ToString() => new IPEndPoint(ToIPAddress(), Port).ToString();
}
