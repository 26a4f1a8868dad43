using Lustrous.Idl.LNet;
using Lustrous.LNet;
using Lustrous.Utils.Decode;

namespace Lustrous.Interop.Tests.Recordings;

/// <summary>One message between a client and a server, as it was recorded.</summary>
sealed class RecordedMessage
{
    public required MessageKind Kind { get; init; }

    /// <summary>Since 1970.</summary>
    public required long TimeNanoseconds { get; init; }

    public required Nid Client { get; init; }

    public required Nid Server { get; init; }

    public required LNetHeader Header { get; init; }

    /// <summary>What follows the LNet header.</summary>
    public required byte[] Payload { get; set; }

    public required DecodedMessage Decoded { get; init; }

    /// <summary>Of the request that it is, answers, or carries the bulk of.</summary>
    public ulong Xid => Decoded.Xid;

    public string Name => Decoded.Name;

    public override string ToString() => $"{Name} {Kind} x{Xid} of {Client}";
}
