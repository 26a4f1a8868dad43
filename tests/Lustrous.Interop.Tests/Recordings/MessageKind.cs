namespace Lustrous.Interop.Tests.Recordings;

/// <summary>What a message between a client and a server is.</summary>
enum MessageKind
{
    /// <summary>The client asks.</summary>
    Request,
    /// <summary>The server answers.</summary>
    Reply,
    /// <summary>The server asks: a lock callback.</summary>
    Callback,
    /// <summary>The client answers it.</summary>
    CallbackReply,
    /// <summary>The server puts what the client reads.</summary>
    BulkPut,
    /// <summary>The server fetches what the client writes; the payload is what it got.</summary>
    BulkGet,
}
