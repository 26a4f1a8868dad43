using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Server;

/// <summary>Handles one request of a connected client; see <see cref="IServiceHandler.HandleAsync"/>.</summary>
public delegate ValueTask<Errno> RequestHandler(ServerRequest request, CancellationToken cancel);

/// <summary>What common code does for a handler before it is called (<c>enum tgt_handler_flags</c>).</summary>
[Flags]
public enum HandlerFlags
{
    None = 0,

    /// <summary>The reply is packed before: its fields are of fixed size, variable ones start empty
    /// (<c>HAS_REPLY</c>).</summary>
    HasReply = 1 << 0,

    /// <summary>Changes something, so a read-only client gets EROFS (<c>IS_MUTABLE</c>).</summary>
    IsMutable = 1 << 1,

    /// <summary>
    /// Must not be executed twice: the reply is remembered, and a resend of it gets the same one again.
    /// </summary>
    RememberReply = 1 << 2,

    /// <summary>Goes to the high-priority queue.</summary>
    HighPriority = 1 << 3,
}

/// <summary>A row of a target's table (<c>struct tgt_handler</c>).</summary>
/// <param name="Format">Fields of request and reply; null for none beside the body.</param>
/// <param name="Version">Which protocol the opcode belongs to; a request that says otherwise gets EINVAL.</param>
/// <param name="Flags">What is done before.</param>
/// <param name="Act">Does it.</param>
public sealed record OpcodeHandler(
    RequestFormat? Format, LustreMsgVersion Version, HandlerFlags Flags, RequestHandler Act);
