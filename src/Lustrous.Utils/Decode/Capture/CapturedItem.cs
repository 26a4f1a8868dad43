using Lustrous.Idl.LNet;
using Lustrous.LNet;

namespace Lustrous.Utils.Decode.Capture;

/// <summary>What a piece of a socklnd stream is.</summary>
public enum CapturedItemKind
{
    /// <summary>The acceptor's connection request: which NID is wanted.</summary>
    AcceptorRequest,
    Hello,
    /// <summary>A socklnd message without LNet in it: keepalive or zero-copy acknowledgement.</summary>
    Noop,
    /// <summary>An LNet header and its payload.</summary>
    LNetMessage,
}

/// <summary>One complete piece of a socklnd stream, in host form.</summary>
public sealed record CapturedItem
{
    public required CapturedItemKind Kind { get; init; }

    public required CapturedConnection Connection { get; init; }

    public required CaptureDirection Direction { get; init; }

    /// <summary>When its last byte was recorded, since 1970.</summary>
    public required long TimeNanoseconds { get; init; }

    /// <summary>The packet that brought its last byte.</summary>
    public required long PacketNumber { get; init; }

    /// <summary>Bytes of this direction before it; counts from the first recorded byte where the start is not
    /// there.</summary>
    public required long StreamOffset { get; init; }

    /// <summary>All its bytes, as recorded; valid only during the callback.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>AcceptorRequest: the NID that was dialled. Hello: see <see cref="Hello"/>.</summary>
    public Nid AcceptorNid { get; init; }

    /// <summary>Version of the acceptor request.</summary>
    public uint AcceptorVersion { get; init; }

    public CapturedHello Hello { get; init; }

    /// <summary>Noop, LNetMessage: <c>ksh_csum</c>, 0 for none.</summary>
    public uint Checksum { get; init; }

    /// <summary>Noop, LNetMessage: the receiver owes this zero-copy cookie, 0 for none.</summary>
    public ulong ZeroCopyRequest { get; init; }

    /// <summary>Noop, LNetMessage: the zero-copy cookie that is hereby acknowledged, 0 for none.</summary>
    public ulong ZeroCopyAck { get; init; }

    /// <summary>LNetMessage only.</summary>
    public LNetHeader Header { get; init; }

    /// <summary>LNetMessage: what follows the header; valid only during the callback.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }
}

/// <summary>The fields of a socklnd HELLO (<c>struct ksock_hello_msg</c>, either size of NID).</summary>
public readonly record struct CapturedHello(
    uint Version, Nid SourceNid, Nid DestinationNid, uint SourcePid, uint DestinationPid,
    ulong SourceIncarnation, ulong DestinationIncarnation, SocklndConnectionType ConnectionType, int AddressCount);

/// <summary>Sees a capture's items and problems, in the order in which they became complete.</summary>
public interface ICaptureSink
{
    void Item(CapturedItem item);

    void Problem(CaptureProblem problem);
}
