using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// An IP address and port as the system calls take it (<c>struct sockaddr_in</c>, <c>sockaddr_in6</c>).
/// </summary>
unsafe struct SocketAddress
{
    const int Ipv4Size = 16, Ipv6Size = 28;

    [InlineArray(Ipv6Size)]
    struct Bytes
    {
        byte _first;
    }

    Bytes _bytes;

    public int Length;

    public SocketAddress(IPAddress address, int port)
    {
        Span<byte> bytes = _bytes;
        bool large = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        Unsafe.WriteUnaligned(ref bytes[0], (ushort)(large ? Libc.AF_INET6 : Libc.AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)port);
        _ = address.TryWriteBytes(bytes[(large ? 8 : 4)..], out _);
        Length = large ? Ipv6Size : Ipv4Size;
    }

    /// <summary>Room for the largest form, to be filled by a system call.</summary>
    public static SocketAddress Empty => new() { Length = Ipv6Size };

    public readonly int Family => Unsafe.ReadUnaligned<ushort>(in _bytes[0]);

    public readonly int Port => BinaryPrimitives.ReadUInt16BigEndian(((ReadOnlySpan<byte>)_bytes)[2..]);

    public readonly IPAddress Address
    {
        get
        {
            ReadOnlySpan<byte> bytes = _bytes;
            return new IPAddress(Family == Libc.AF_INET6 ? bytes.Slice(8, 16) : bytes.Slice(4, 4));
        }
    }

    /// <summary>Whether both addresses are of one machine.</summary>
    public static bool AreOnOneHost(in SocketAddress one, in SocketAddress other) =>
        one.Address is var address && (IPAddress.IsLoopback(address) || address.Equals(other.Address));

    public int Bind(int fd)
    {
        fixed (byte* p = (Span<byte>)_bytes)
            return Libc.bind(fd, p, Length);
    }

    public int Connect(int fd)
    {
        fixed (byte* p = (Span<byte>)_bytes)
            return Libc.connect(fd, p, Length);
    }

    public int Accept(int listener)
    {
        int length = Length;
        fixed (byte* p = (Span<byte>)_bytes)
            return Libc.accept4(listener, p, &length, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
    }

    public int ReadLocal(int fd)
    {
        int length = Length;
        fixed (byte* p = (Span<byte>)_bytes)
            return Libc.getsockname(fd, p, &length);
    }

    public override readonly string ToString() => new IPEndPoint(Address, Port).ToString();
}
