using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>The header of every LNet message among peers that agreed on 20-byte NIDs. Little-endian on the wire
/// (<c>struct lnet_hdr</c>).</summary>
[WireStruct("lnet_hdr", size: 96, Opaque = true)]
public partial record struct LNetHdrNid16
{
    [WireName("dest_nid")] public Nid DestinationNid;
    [WireName("src_nid")] public Nid SourceNid;
    [WireName("dest_pid")] public uint DestinationPid;
    [WireName("src_pid")] public uint SourcePid;
    public LNetMessageType Type;
    public uint PayloadLength;          // bytes that follow
    [WireName("msg")] public LNetCmdHdr Message;    // by Type

    public static void VisitFields<TVisitor>(in LNetHdrNid16 value, ref TVisitor visitor)
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
