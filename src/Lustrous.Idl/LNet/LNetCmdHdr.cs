using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>
/// What differs by the type of an LNet message (<c>union lnet_cmd_hdr</c>): 40 bytes with a view for each type.
/// </summary>
/// <remarks>A view that is shorter leaves zeroes behind it; what a peer left there is kept.</remarks>
[WireStruct("lnet_cmd_hdr", size: 40, Opaque = true)]
public partial record struct LNetCmdHdr
{
    public Array40<byte> Bytes;

    public LNetAck Ack
    {
        readonly get => WireBytes.View<LNetCmdHdr, LNetAck>(in this);
        set => WireBytes.SetView(ref this, in value);
    }

    public LNetPut Put
    {
        readonly get => WireBytes.View<LNetCmdHdr, LNetPut>(in this);
        set => WireBytes.SetView(ref this, in value);
    }

    public LNetGet Get
    {
        readonly get => WireBytes.View<LNetCmdHdr, LNetGet>(in this);
        set => WireBytes.SetView(ref this, in value);
    }

    public LNetReply Reply
    {
        readonly get => WireBytes.View<LNetCmdHdr, LNetReply>(in this);
        set => WireBytes.SetView(ref this, in value);
    }

    public LNetHello Hello
    {
        readonly get => WireBytes.View<LNetCmdHdr, LNetHello>(in this);
        set => WireBytes.SetView(ref this, in value);
    }

    /// <summary>Shows the view for <paramref name="type"/>, and then the bytes behind it.</summary>
    internal readonly void Visit<TVisitor>(LNetMessageType type, ref TVisitor visitor)
        where TVisitor : IWireFieldVisitor, allows ref struct
    {
        int shown = 0;
        switch (type)
        {
            case LNetMessageType.Ack: visitor.Struct("ack", Ack); shown = LNetAck.WireSize; break;
            case LNetMessageType.Put: visitor.Struct("put", Put); shown = LNetPut.WireSize; break;
            case LNetMessageType.Get: visitor.Struct("get", Get); shown = LNetGet.WireSize; break;
            case LNetMessageType.Reply: visitor.Struct("reply", Reply); shown = LNetReply.WireSize; break;
            case LNetMessageType.Hello: visitor.Struct("hello", Hello); shown = LNetHello.WireSize; break;
        }
        if (shown < WireSize) visitor.Array("unused", WireBytes.OfReadOnly(in this)[shown..]);
    }
}

/// <summary>The rest of an LNet ACK header (<c>struct lnet_ack</c>).</summary>
[WireStruct("lnet_ack", size: 28, Opaque = true)]
public partial record struct LNetAck
{
    public LNetHandleWire DstWmd;       // the descriptor that was sent from
    public ulong MatchBits;
    [WireName("mlength")] public uint MatchedLength;    // bytes the receiver took
}

/// <summary>The rest of an LNet PUT header (<c>struct lnet_put</c>).</summary>
[WireStruct("lnet_put", size: 40, Opaque = true)]
public partial record struct LNetPut
{
    public LNetHandleWire AckWmd;       // where the ACK goes; all ones wants none
    public ulong MatchBits;
    [WireName("hdr_data")] public ulong HeaderData; // free for the upper layer
    [WireName("ptl_index")] public uint PortalIndex;
    public uint Offset;                 // into the remote descriptor, when the sender rules it
}

/// <summary>The rest of an LNet GET header (<c>struct lnet_get</c>).</summary>
[WireStruct("lnet_get", size: 36, Opaque = true)]
public partial record struct LNetGet
{
    public LNetHandleWire ReturnWmd;    // where the REPLY goes
    public ulong MatchBits;
    [WireName("ptl_index")] public uint PortalIndex;
    [WireName("src_offset")] public uint SourceOffset;  // into the remote descriptor
    public uint SinkLength;             // bytes wanted at most
}

/// <summary>The rest of an LNet REPLY header (<c>struct lnet_reply</c>).</summary>
[WireStruct("lnet_reply", size: 16, Opaque = true)]
public partial record struct LNetReply
{
    public LNetHandleWire DstWmd;       // the descriptor that asked
}

/// <summary>The rest of the HELLO header of byte-stream networks (<c>struct lnet_hello</c>).</summary>
[WireStruct("lnet_hello", size: 12, Opaque = true)]
public partial record struct LNetHello
{
    public ulong Incarnation;           // start time of the sender's node
    public uint Type;                   // of the connection
}
