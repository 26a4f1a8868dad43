using Lustrous.Idl.Ldlm;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Interop.Tests.Compare;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Utils.Decode;

namespace Lustrous.Interop.Tests.Replay;

/// <summary>A request with its format, and so how its reply is to be read.</summary>
sealed class Exchange
{
    public Exchange(RecordedMessage request)
    {
        Request = request;
        byte[] copy = [.. request.Payload];
        Assert.Equal(Errno.OK, LustreMessage.Parse(copy, out LustreMessage message));
        Format = FormatSelector.OfRequest(message);
        SupportsEarly = (message.Flags & LustreMsgHeaderFlags.AT_SUPPORT) != 0;
        Part = (MessagePart)request.Decoded.Payload!;
        LockType = Part.TryFind(out LdlmRequest enqueue) ? enqueue.Desc.Resource.Type : 0;
    }

    public RecordedMessage Request { get; }

    public MessagePart Part { get; }

    public uint Opcode => Request.Decoded.Body.Opcode;

    public RequestFormat? Format { get; }

    public LockType LockType { get; }

    /// <summary>It is about a log of the MGS.</summary>
    public bool IsLlog => Opcode is >= (uint)LlogOpcode.OriginHandleCreate and <= (uint)LlogOpcode.OriginHandleDestroy;

    /// <summary>Our export that it was sent to, where that was found by what it names.</summary>
    public ulong OurHandle { get; set; }

    public bool SupportsEarly { get; }

    /// <summary>Why the reply can be no other than different; null while nothing is known.</summary>
    public string? LostReason { get; set; }

    /// <summary>The request was not sent: there is nobody of ours that it could go to.</summary>
    public bool IsSkipped { get; set; }

    /// <summary>The values of a reply.</summary>
    public List<Field> ReadReply(Part reply) => FieldReader.Read(reply, Format);

    /// <summary>The values of the request.</summary>
    public List<Field> ReadRequest() => FieldReader.Read(Part, Format, MessageSide.Request);

    /// <summary>A reply as a decoded message; null when it is none.</summary>
    public MessagePart? DecodeReply(byte[] bytes)
    {
        byte[] copy = [.. bytes];
        return LustreMessage.Parse(copy, out LustreMessage message) == Errno.OK
            ? MessagePart.Decode("message", message, Format, MessageSide.Reply, Opcode, LockType)
            : null;
    }

    /// <summary>A request of a server as a decoded message.</summary>
    public static MessagePart DecodeCallback(byte[] bytes)
    {
        byte[] copy = [.. bytes];
        Assert.Equal(Errno.OK, LustreMessage.Parse(copy, out LustreMessage message));
        RequestFormat? format = FormatSelector.OfRequest(message);
        uint opcode = System.Runtime.InteropServices.MemoryMarshal.Read<PtlrpcBodyV3>(message.Buffer(0)).Opcode;
        var part = MessagePart.Decode("message", message, format, MessageSide.Request, opcode, 0);
        LockType type = part.TryFind(out LdlmRequest request) ? request.Desc.Resource.Type : 0;
        return MessagePart.Decode("message", message, format, MessageSide.Request, opcode, type);
    }
}
