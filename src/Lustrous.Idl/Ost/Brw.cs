using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>One object of a bulk read or write (<c>struct obd_ioobj</c>).</summary>
[WireStruct("obd_ioobj", size: 24, Prefix = "ioo_")]
public partial record struct ObdIoObj
{
    [WireName("ioo_oid")] public OstId ObjectId;
    public uint MaxBrw;                 // upper half: number of bulk descriptors less one
    [WireName("ioo_bufcnt")] public uint BufferCount;   // of its niobuf_remote
}

/// <summary>One extent of an object to read or write (<c>struct niobuf_remote</c>).</summary>
[WireStruct("niobuf_remote", size: 16, Prefix = "rnb_")]
public partial record struct NiobufRemote
{
    public ulong Offset;                // into the object, bytes
    [WireName("rnb_len")] public uint Length;
    public BrwFlags Flags;
}
