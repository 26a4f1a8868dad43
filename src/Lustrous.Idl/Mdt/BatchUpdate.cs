using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Head of MDS_BATCH: where the batched requests are (<c>struct but_update_header</c>).</summary>
[WireStruct("but_update_header", size: 24, Prefix = "buh_")]
[WireTail("buh_inline_data", typeof(uint))]
public partial record struct ButUpdateHeader
{
    public uint Magic;
    public uint Count;                  // bulk buffers; 1 when they are inline
    public uint InlineLength;           // bytes
    public uint ReplySize;              // bytes the client has room for
    public uint UpdateCount;
    public uint Padding;
}

/// <summary>One bulk buffer of batched requests (<c>struct but_update_buffer</c>).</summary>
[WireStruct("but_update_buffer", size: 8, Prefix = "bub_")]
public partial record struct ButUpdateBuffer
{
    public uint Size;
    public uint Padding;
}

/// <summary>Requests in one message; each is a <c>lustre_msg</c> whose opcode is a BatchUpdateCommand
/// (<c>struct batch_update_request</c>).</summary>
[WireStruct("batch_update_request", size: 8, Prefix = "burq_")]
[WireTail("burq_reqmsg", typeof(LustreMsgV2))]
public partial record struct BatchUpdateRequest
{
    public uint Magic;
    public ushort Count;
    public ushort Padding;
}

/// <summary>Replies in one message (<c>struct batch_update_reply</c>).</summary>
[WireStruct("batch_update_reply", size: 8, Prefix = "burp_")]
[WireTail("burp_repmsg", typeof(LustreMsgV2))]
public partial record struct BatchUpdateReply
{
    public uint Magic;
    public ushort Count;
    public ushort Padding;
}
