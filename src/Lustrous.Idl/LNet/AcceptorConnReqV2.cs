using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>The acceptor request with a 20-byte NID (<c>struct lnet_acceptor_connreq_v2</c>).</summary>
[WireStruct("lnet_acceptor_connreq_v2", size: 28, Prefix = "acr_")]
public partial record struct AcceptorConnReqV2
{
    public uint Magic;
    public uint Version;                // 2
    public Nid Nid;
}
