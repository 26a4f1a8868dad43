using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>The header of every LNet message among peers with 8-byte NIDs. Little-endian on the wire
/// (<c>struct _lnet_hdr_nid4</c>).</summary>
[WireStruct("_lnet_hdr_nid4", size: 72, Opaque = true)]
public partial record struct LNetHdrNid4
{
    [WireName("dest_nid")] public Nid4 DestinationNid;
    [WireName("src_nid")] public Nid4 SourceNid;
    [WireName("dest_pid")] public uint DestinationPid;
    [WireName("src_pid")] public uint SourcePid;
    public LNetMessageType Type;
    public uint PayloadLength;          // bytes that follow
    [WireName("msg")] public LNetCmdHdr Message;    // by Type

    public static void VisitFields<TVisitor>(in LNetHdrNid4 value, ref TVisitor visitor)
        where TVisitor : IWireFieldVisitor, allows ref struct
    {
        visitor.Value("dest_nid", value.DestinationNid);
        visitor.Value("src_nid", value.SourceNid);
        visitor.Value("dest_pid", value.DestinationPid);
        visitor.Value("src_pid", value.SourcePid);
        visitor.Value("type", value.Type);
        visitor.Value("payload_length", value.PayloadLength);
        value.Message.Visit(value.Type, ref visitor);
    }
}
