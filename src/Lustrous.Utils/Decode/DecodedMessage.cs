using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Decode;

/// <summary>One LNet message of a capture, with what is known of it.</summary>
sealed class DecodedMessage
{
    public required CapturedItem Item { get; init; }

    /// <summary>What it is called: the opcode, or what LNet does.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// What <c>--summary</c> counts it under. A reply that came under match bits other than its request's xid (a
    /// resend's) stands there under its bare opcode, so that the counts agree with decoders that match by xid alone.
    /// </summary>
    public string? CountedAs { get; init; }

    /// <summary>What follows the LNet header; null when nothing does.</summary>
    public Part? Payload { get; init; }

    /// <summary>Whether it is a message of ptlrpc; the rest is bulk, pings and acknowledgements.</summary>
    public bool IsLustre { get; init; }

    public bool IsReply { get; init; }

    /// <summary>A reply of type PTL_RPC_MSG_ERR.</summary>
    public bool IsError { get; init; }

    public bool IsEarly { get; init; }

    public PtlrpcBodyV3 Body { get; init; }

    public ulong Xid { get; init; }

    /// <summary>Of a reply: nanoseconds since its request; −1 when that is not in the capture.</summary>
    public long LatencyNanoseconds { get; init; } = -1;

    /// <summary>Of bulk: the request that it belongs to.</summary>
    public string? Owner { get; init; }

    /// <summary>What follows the message in its payload, if anything.</summary>
    public int TrailingBytes { get; init; }

    public int Undecoded => (Payload?.Undecoded ?? 0) + TrailingBytes;

    public LNetHeader Header => Item.Header;
}
