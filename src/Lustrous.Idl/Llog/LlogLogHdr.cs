using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>First record of every llog, as long as its chunks; this one is 8 KiB
/// (<c>struct llog_log_hdr</c>).</summary>
[WireStruct("llog_log_hdr", size: 8192, Prefix = "llh_")]
public partial record struct LlogLogHdr
{
    [WireName("llh_hdr")] public LlogRecHdr Header;
    public long Timestamp;              // seconds
    public uint Count;                  // records, with this one
    public uint BitmapOffset;
    public uint Size;                   // of a record, when all have one; 0: they differ
    public LlogFlags Flags;
    [WireName("llh_cat_idx")] public uint CatalogIndex;
    [WireName("llh_tgtuuid")] public ObdUuid TargetUuid;
    public uint Reserved;
    // One bit a record, set while it stands; a bitmap of bytes, so the same in either order.
    [WireOpaque] public Array2024<uint> Bitmap;
    public LlogRecTail Tail;
}

/// <summary>Head of every llog record (<c>struct llog_rec_hdr</c>).</summary>
[WireStruct("llog_rec_hdr", size: 16, Prefix = "lrh_")]
public partial record struct LlogRecHdr
{
    [WireName("lrh_len")] public uint Length;   // bytes with head and tail
    public uint Index;                  // in the llog, from 1
    public LlogRecordType Type;
    public uint Id;
}

/// <summary>End of every llog record, so that it can be read backwards (<c>struct llog_rec_tail</c>).</summary>
[WireStruct("llog_rec_tail", size: 8, Prefix = "lrt_")]
public partial record struct LlogRecTail
{
    [WireName("lrt_len")] public uint Length;
    public uint Index;
}
