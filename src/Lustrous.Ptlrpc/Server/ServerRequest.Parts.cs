using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Server;

// Requests that came within another (MDS_BATCH): messages without a body of their own.
public sealed partial class ServerRequest
{
    /// <summary>
    /// A part of this request as a request: from the same client, with fields and a reply of its own, which the caller
    /// sends along. Not pooled; <see cref="EndPart"/> ends it.
    /// </summary>
    /// <param name="format">Of the part.</param>
    /// <param name="message">Stays the caller's, until the part has ended.</param>
    /// <returns>EPROTO: it is no message.</returns>
    public Result<ServerRequest> NewPart(RequestFormat format, IoVec message)
    {
        var part = new ServerRequest(Service)
        {
            Export = Export,
            Peer = Peer,
            Source = Source,
            Self = Self,
            Xid = Xid,
            Arrival = Arrival,
            Deadline = Deadline,
            Opcode = Opcode,
            Flags = Flags,
            ReplyRoom = ReplyRoom,
            _parsed = true,
        };
        part.Capsule.SetFormat(format);
        Errno error = part.Capsule.Attach(MessageSide.Request, message);
        return error == Errno.OK ? part : error;
    }

    /// <summary>Gives the part's reply back.</summary>
    public void EndPart()
    {
        ReleaseReply();
        Capsule.Reset();
    }
}
