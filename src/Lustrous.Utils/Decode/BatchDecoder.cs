using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Utils.Decode;

/// <summary>MDS_BATCH: messages inside a message, each of a format of its own.</summary>
static class BatchDecoder
{
    public static void DecodeRequest(ref PartReader reader, FieldContext context)
    {
        // Without inline data the requests come by bulk.
        if (reader.Struct("but_update_header", out ButUpdateHeader header) && header.InlineLength > 0)
            DecodeRequests(ref reader);
    }

    /// <summary>The requests themselves, inline or by bulk.</summary>
    public static void DecodeRequests(ref PartReader reader)
    {
        if (reader.Struct("batch_update_request", out BatchUpdateRequest request))
            DecodeMessages(ref reader, request.Count, MessageSide.Request);
    }

    public static void DecodeReply(ref PartReader reader, FieldContext context)
    {
        if (reader.Struct("batch_update_reply", out BatchUpdateReply reply)
            && DecodeMessages(ref reader, reply.Count, MessageSide.Reply))
        {
            // A batch that was broken off leaves the room for the next answers as it was, half prepared.
            reader.Bytes("unused", reader.Rest.Length);
        }
    }

    static bool DecodeMessages(ref PartReader reader, int count, MessageSide side)
    {
        // One copy for all: a message's header is reversed in place where the sender has the other byte order.
        byte[] copy = reader.Rest.ToArray();
        for (int i = 0; i < count; i++)
        {
            if (LustreMessage.Parse(copy.AsSpan(^reader.Rest.Length..), out LustreMessage message) != Errno.OK)
                return false;
            // BUT_GETATTR is the only one there is, and a sub-reply carries its result where the opcode stood.
            RequestFormat? format = side == MessageSide.Reply
                ? RequestFormats.ButGetattr
                : FormatSelector.OfSubRequest(message);
            reader.Add(MessagePart.Decode($"message[{i}]", message, format, side, 0, LockType.Ibits));
        }
        return true;
    }
}
