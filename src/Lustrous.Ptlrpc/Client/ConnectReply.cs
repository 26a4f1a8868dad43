using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Client;

/// <summary>What an import's state machine looks at in the answer to a connect request.</summary>
public readonly record struct ConnectReply
{
    public MsgConnectFlags OpFlags { get; init; }

    /// <summary>The target's export, which later requests carry.</summary>
    public ulong Handle { get; init; }

    public ulong LastCommitted { get; init; }

    public ConnectFlags Flags { get; init; }

    public ConnectFlags2 Flags2 { get; init; }

    public uint BrwSizeBytes { get; init; }

    public uint ChecksumTypes { get; init; }

    public ushort MaxModRpcs { get; init; }

    public uint Version { get; init; }
}
