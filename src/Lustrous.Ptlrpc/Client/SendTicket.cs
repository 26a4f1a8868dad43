using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;

namespace Lustrous.Ptlrpc.Client;

/// <summary>What the import says about one sending of a request, taken under its lock.</summary>
readonly record struct SendTicket
{
    public LNetProcessId Peer { get; init; }

    public ulong RemoteHandle { get; init; }

    public uint ConnectCount { get; init; }

    public LustreMsgHeaderFlags HeaderFlags { get; init; }

    public ulong LastXid { get; init; }

    /// <summary>Whether the body carries match bits: there is a bulk, or replies go to them.</summary>
    public bool HasMatchBits { get; init; }

    /// <summary>Match bits of the reply: those of the body, or the xid.</summary>
    public ulong ReplyMatchBits { get; init; }

    public int LatencySeconds { get; init; }
}
