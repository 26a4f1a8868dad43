using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>One NI of a ping reply (<c>struct lnet_ni_status</c>).</summary>
[WireStruct("lnet_ni_status", size: 16, Prefix = "ns_")]
public partial record struct LNetNiStatus
{
    public Nid4 Nid;
    public NiStatus Status;
    [WireName("ns_msg_size")] public uint MessageSize;  // first entry: bytes of the whole reply, if it has large NIDs
}
