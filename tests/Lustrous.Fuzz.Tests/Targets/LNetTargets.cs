using Lustrous.Idl.LNet;
using Lustrous.LNet;
using Lustrous.LNet.Lnd.Socklnd;
using Lustrous.LNet.Peers;

namespace Lustrous.Fuzz.Tests.Targets;

/// <summary>What a TCP peer can send before LNet has looked at it.</summary>
static class LNetTargets
{
    [FuzzTarget("LNetHeader.ReadNid4", "LNetHeader.ReadNid16", Seeds = SeedKind.Frame)]
    public static void LNetHeaders(ReadOnlySpan<byte> input)
    {
        if (input.Length < 24 + LNetHeader.Nid4Size)
            return;
        Rewrite(LNetHeader.ReadNid4(input[24..]));
        if (input.Length >= 24 + LNetHeader.Nid16Size)
            Rewrite(LNetHeader.ReadNid16(input[24..]));
    }

    // Sizes are asked first, as the connection does: what is read then is there.
    [FuzzTarget("KsockWire.ReadConnreq", "KsockWire.ConnreqSize", Seeds = SeedKind.Handshake)]
    public static void AcceptorRequest(ReadOnlySpan<byte> input)
    {
        if (input.Length < KsockWire.MagicVersionSize)
            return;
        int size = KsockWire.ConnreqSize(input, out _, out _);
        if (size > 0 && size <= input.Length)
            _ = KsockWire.ReadConnreq(input[..size]).ToString();
    }

    [FuzzTarget("KsockWire.ReadHelloStart", "KsockWire.ReadHello", Seeds = SeedKind.Handshake)]
    public static void Hello(ReadOnlySpan<byte> input)
    {
        if (input.Length < KsockWire.MagicVersionSize || !KsockWire.ReadHelloStart(input, out uint version, out _))
            return;
        if (version is 3 or 4 && input.Length >= KsockWire.HelloSize((int)version))
            _ = KsockWire.ReadHello(input[..KsockWire.HelloSize((int)version)], out _).ToString();
    }

    [FuzzTarget("PingInfo.Read", Seeds = SeedKind.Payload, AllocationPerByte = 32)]
    public static void Ping(ReadOnlySpan<byte> input) => _ = PingInfo.Read(input, TimeSpan.Zero).ToString();

    static void Rewrite(LNetHeader header)
    {
        Span<byte> wire = stackalloc byte[LNetHeader.Nid16Size];
        if (header.FitsNid4)
            header.WriteNid4(wire);
        header.WriteNid16(wire);
        _ = header.SourceNid.ToString() + header.DestinationNid.GetHashCode();
    }
}
