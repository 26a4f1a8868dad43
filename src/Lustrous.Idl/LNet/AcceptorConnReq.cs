using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>First bytes on a new TCP connection: which NID of the acceptor's is wanted
/// (<c>struct lnet_acceptor_connreq</c>).</summary>
[WireStruct("lnet_acceptor_connreq", size: 16, Prefix = "acr_")]
public partial record struct AcceptorConnReq
{
    public uint Magic;
    public uint Version;                // 1; see acceptor_connreq_v2
    public Nid4 Nid;
}
