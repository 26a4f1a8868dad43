using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>One NI of a ping reply whose NID needs more than 8 bytes (<c>struct lnet_ni_large_status</c>).</summary>
[WireStruct("lnet_ni_large_status", size: 24, Prefix = "ns_")]
public partial record struct LNetNiLargeStatus
{
    public NiStatus Status;
    public Nid Nid;
}
