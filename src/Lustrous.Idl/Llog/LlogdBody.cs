using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>Asks a server for a llog or a piece of it, and the answer (<c>struct llogd_body</c>).</summary>
[WireStruct("llogd_body", size: 48, Prefix = "lgd_")]
public partial record struct LlogdBody
{
    [WireName("lgd_logid")] public LlogLogid LogId;
    [WireName("lgd_ctxt_idx")] public LlogContext Context;
    public LlogFlags LlhFlags;
    public uint Index;                  // the record wanted
    public uint SavedIndex;             // the last record read
    [WireName("lgd_len")] public uint Length;   // bytes
    [WireName("lgd_cur_offset")] public ulong CurrentOffset;
}
