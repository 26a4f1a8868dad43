using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Server;

/// <summary>What a client and a target agreed on. Immutable: a reconnect replaces it as a whole.</summary>
/// <param name="Data">The connect data of the reply.</param>
public sealed record ConnectResult(ObdConnectData Data)
{
    public static ConnectResult None { get; } = new(default(ObdConnectData));

    public ConnectFlags Flags { get; } = Data.ConnectFlags;

    /// <summary>The second word; empty unless FLAGS2 was agreed on.</summary>
    public ConnectFlags2 Flags2 { get; } =
        Data.ConnectFlags.HasFlag(ConnectFlags.FLAGS2) ? Data.ConnectFlags2 : default;

    /// <summary>
    /// The reply to a connect: of what was asked, what the target can do, and never a bit that was not asked: a kernel
    /// client fails the import for one, or panics (client_connect_import). Numbers are taken from the request and
    /// bounded.
    /// </summary>
    /// <param name="asked">What the client sent.</param>
    /// <param name="supported">Flags the target can do; numbers are what it offers at most.</param>
    public static ObdConnectData Negotiate(in ObdConnectData asked, in ObdConnectData supported)
    {
        ObdConnectData reply = asked;
        reply.ConnectFlags &= supported.ConnectFlags;
        reply.ConnectFlags2 = reply.ConnectFlags.HasFlag(ConnectFlags.FLAGS2)
            ? asked.ConnectFlags2 & supported.ConnectFlags2
            : default;
        if (reply.ConnectFlags.HasFlag(ConnectFlags.VERSION))
            reply.Version = supported.Version;
        if (reply.ConnectFlags.HasFlag(ConnectFlags.IBITS))
            reply.InodeBitsKnown &= supported.InodeBitsKnown;
        if (reply.ConnectFlags.HasFlag(ConnectFlags.MULTIMODRPCS))
            reply.MaxModifyRpcs = supported.MaxModifyRpcs;
        if (reply.ConnectFlags.HasFlag(ConnectFlags.MAXBYTES))
            reply.MaxBytes = supported.MaxBytes;
        if (reply.ConnectFlags.HasFlag(ConnectFlags.MAX_EASIZE))
            reply.MaxEaSize = supported.MaxEaSize;
        NegotiateBrwSize(ref reply, supported);
        NegotiateChecksums(ref reply, supported);
        return reply;
    }

    /// <summary>The smaller of both; a size below one page would panic the client, so then it is not granted.</summary>
    static void NegotiateBrwSize(ref ObdConnectData reply, in ObdConnectData supported)
    {
        const uint pageSize = 4096;
        uint size = Math.Min(reply.BrwSize, supported.BrwSize);
        if (size < pageSize)
            reply.ConnectFlags &= ~ConnectFlags.BRW_SIZE;
        reply.BrwSize = reply.ConnectFlags.HasFlag(ConnectFlags.BRW_SIZE) ? size : 0;
    }

    /// <summary>Granted only when there is a type in common: no type at all would be EPROTO at the client.</summary>
    static void NegotiateChecksums(ref ObdConnectData reply, in ObdConnectData supported)
    {
        if (!reply.ConnectFlags.HasFlag(ConnectFlags.CKSUM))
            return;
        reply.ChecksumTypes &= supported.ChecksumTypes;
        if (reply.ChecksumTypes == 0)
            reply.ConnectFlags &= ~ConnectFlags.CKSUM;
    }
}
