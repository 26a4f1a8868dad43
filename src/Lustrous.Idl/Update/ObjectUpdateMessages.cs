using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Update;

/// <summary>Operations in one OUT request (<c>struct object_update_request</c>).</summary>
[WireStruct("object_update_request", size: 8, Prefix = "ourq_")]
[WireTail("ourq_updates", typeof(ObjectUpdate))]
public partial record struct ObjectUpdateRequest
{
    public uint Magic;
    public ushort Count;
    public ushort Padding;
}

/// <summary>Results in one OUT reply: their lengths follow, then the results, each at 8 bytes
/// (<c>struct object_update_reply</c>).</summary>
[WireStruct("object_update_reply", size: 8, Prefix = "ourp_")]
[WireTail("ourp_lens", typeof(ushort))]
public partial record struct ObjectUpdateReply
{
    public uint Magic;
    public ushort Count;
    public ushort Padding;
}

/// <summary>The result of one operation (<c>struct object_update_result</c>).</summary>
[WireStruct("object_update_result", size: 8, Prefix = "our_")]
[WireTail("our_data", typeof(uint))]
public partial record struct ObjectUpdateResult
{
    [WireName("our_rc")] public int Status; // 0, or an errno negated
    [WireName("our_datalen")] public ushort DataLength;
    public ushort Padding;
}
