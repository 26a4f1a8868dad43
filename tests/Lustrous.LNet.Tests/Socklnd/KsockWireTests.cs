using System.Buffers.Binary;
using Lustrous.Idl.LNet;
using Lustrous.LNet.Lnd.Socklnd;

namespace Lustrous.LNet.Tests.Socklnd;

/// <summary>The bytes of the handshake, against what kernel peers sent (fixtures/socklnd/handshake-2.17.md).</summary>
public sealed class KsockWireTests
{
    static readonly Nid Client = TestNode.Tcp("10.99.0.21"), Mds = TestNode.Tcp("10.99.0.10");

    static byte[] Recorded(string name)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Lustrous.slnx")))
            folder = Path.GetDirectoryName(folder);
        string file = Path.Combine(folder!, "tests", "fixtures", "socklnd", "handshake-2.17.txt");
        string line = File.ReadAllLines(file).Single(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return Convert.FromHexString(line[(name.Length + 1)..]);
    }

    [Fact]
    public void The_acceptor_request_is_the_kernels()
    {
        byte[] recorded = Recorded("connreq");
        Assert.Equal(KsockWire.ConnreqNid4Size, KsockWire.ConnreqSize(recorded, out _, out _));
        Assert.Equal(Mds, KsockWire.ReadConnreq(recorded));
        byte[] ours = new byte[KsockWire.ConnreqNid16Size];
        Assert.Equal(recorded, ours[..KsockWire.WriteConnreq(ours, Mds)]);
    }

    [Theory]
    [InlineData("hello-control", false, SocklndConnectionType.CONTROL)]
    [InlineData("answer-control", true, SocklndConnectionType.CONTROL)]
    [InlineData("hello-bulk-in", false, SocklndConnectionType.BULK_IN)]
    [InlineData("answer-bulk-in", true, SocklndConnectionType.BULK_OUT)]
    public void A_kernel_HELLO_reads_and_rewrites_unchanged(string name, bool answer, SocklndConnectionType type)
    {
        byte[] recorded = Recorded(name);
        Assert.True(KsockWire.ReadHelloStart(recorded, out uint version, out bool swapped));
        Assert.False(swapped);
        Assert.Equal(KsockWire.HelloSize((int)version), recorded.Length);
        KsockHello hello = KsockWire.ReadHello(recorded, out uint addresses);
        Assert.Equal(0u, addresses);
        Assert.Equal(type, hello.Type);
        Assert.Equal(answer ? Mds : Client, hello.SourceNid);
        Assert.Equal(answer ? Client : Mds, hello.DestinationNid);
        Assert.Equal(LNetProcessId.LustrePid, hello.SourcePid);
        byte[] ours = new byte[recorded.Length];
        Assert.Equal(recorded.Length, KsockWire.WriteHello(ours, hello));
        Assert.Equal(recorded, ours);
    }

    [Fact]
    public void A_HELLO_of_the_other_byte_order_says_the_same()
    {
        byte[] recorded = Recorded("hello-control");
        KsockHello expected = KsockWire.ReadHello(recorded, out _);
        KsockHello swapped = KsockWire.ReadHello(Swab(recorded), out _);
        Assert.True(swapped.Swapped);
        swapped.Swapped = false;
        Assert.Equal(expected, swapped);
        byte[] request = Recorded("connreq");
        Array.Reverse(request, 0, 4);
        Array.Reverse(request, 4, 4);
        Array.Reverse(request, 8, 8);
        Assert.Equal(KsockWire.ConnreqNid4Size, KsockWire.ConnreqSize(request, out _, out _));
        Assert.Equal(Mds, KsockWire.ReadConnreq(request));
    }

    [Fact]
    public void Large_NIDs_take_the_longer_forms()
    {
        Nid large = TestNode.Tcp("fd00::17");
        byte[] request = new byte[KsockWire.ConnreqNid16Size];
        Assert.Equal(28, KsockWire.WriteConnreq(request, large));
        Assert.Equal(28, KsockWire.ConnreqSize(request, out _, out uint version));
        Assert.Equal(KsockWire.AcceptorVersionNid16, version);
        Assert.Equal(large, KsockWire.ReadConnreq(request));
        KsockHello hello = new()
        {
            Version = 4,
            SourceNid = large,
            DestinationNid = TestNode.Tcp("fd00::18"),
            SourcePid = 1,
            DestinationPid = 2,
            SourceIncarnation = 3,
            DestinationIncarnation = 4,
            Type = SocklndConnectionType.NONE,
        };
        byte[] bytes = new byte[KsockWire.HelloNid16Size];
        Assert.Equal(80, KsockWire.WriteHello(bytes, hello));
        Assert.Equal(12, bytes[8]);     // nid_size: total bytes less 8
        Assert.Equal(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(72)));
        Assert.Equal(hello, KsockWire.ReadHello(bytes, out _));
        // A big-endian peer reverses the numbers; NIDs of this form are bytes in network order on every machine.
        foreach ((int at, int size) in (ReadOnlySpan<(int, int)>)
            [(0, 4), (4, 4), (48, 4), (52, 4), (56, 8), (64, 8), (72, 4), (76, 4)])
        {
            Array.Reverse(bytes, at, size);
        }
        Assert.Equal(hello with { Swapped = true }, KsockWire.ReadHello(bytes, out _));
    }

    [Fact]
    public void The_checksum_is_the_kernels_crc32_le()
    {
        // The check value of CRC-32/JAMCRC, which is crc32_le(~0) without the last inversion.
        Assert.Equal(0x340BC6D9u, KsockChecksum.Add(KsockChecksum.Seed, "123456789"u8));
        uint parts = KsockChecksum.Add(KsockChecksum.Add(KsockChecksum.Seed, "1234"u8), "56789"u8);
        Assert.Equal(0x340BC6D9u, parts);
    }

    /// <summary>The same HELLO (version 3) as a big-endian machine writes it.</summary>
    internal static byte[] Swab(byte[] hello)
    {
        byte[] swapped = [.. hello];
        foreach ((int at, int size) in (ReadOnlySpan<(int, int)>)
            [(0, 4), (4, 4), (8, 8), (16, 8), (24, 4), (28, 4), (32, 8), (40, 8), (48, 4), (52, 4)])
        {
            Array.Reverse(swapped, at, size);
        }
        return swapped;
    }
}
