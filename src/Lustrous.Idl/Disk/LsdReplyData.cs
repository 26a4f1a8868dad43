using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>Head of the reply_data file (<c>struct lsd_reply_header</c>).</summary>
[WireStruct("lsd_reply_header", size: 32, Prefix = "lrh_", Opaque = true)]
public partial record struct LsdReplyHeader
{
    public uint Magic;
    public uint HeaderSize;
    public uint ReplySize;
    [WireName("lrh_pad")] public Array20<byte> Padding;
}

/// <summary>What a client with several modifications in flight was answered
/// (<c>struct lsd_reply_data_v1</c>).</summary>
[WireStruct("lsd_reply_data_v1", size: 32, Prefix = "lrd_", Opaque = true)]
public partial record struct LsdReplyDataV1
{
    public ulong Transno;
    public ulong Xid;
    public ulong Data;
    public uint Result;
    [WireName("lrd_client_gen")] public uint ClientGeneration;
}

/// <summary>The same with the place in a batch (<c>struct lsd_reply_data_v2</c>).</summary>
[WireStruct("lsd_reply_data_v2", size: 64, Prefix = "lrd_", Opaque = true)]
public partial record struct LsdReplyDataV2
{
    public ulong Transno;
    public ulong Xid;
    public ulong Data;
    public uint Result;
    [WireName("lrd_client_gen")] public uint ClientGeneration;
    [WireName("lrd_batch_idx")] public uint BatchIndex;
    public Array7<uint> Padding;
}
