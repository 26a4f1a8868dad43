using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// The way back to a client: sends it lock callbacks on its portal 15 over the connections it has made
/// (<c>exp_imp_reverse</c>). It lives and dies with its export and never connects by itself.
/// </summary>
public interface IReverseImport
{
    /// <summary>
    /// The client has connected, again perhaps and from another address (rev_import_reconnect): callbacks go to
    /// <see cref="Export.Peer"/> with <see cref="Export.RemoteHandle"/> from now on, and those in flight are sent
    /// again.
    /// </summary>
    void Connected(Export export, ConnectFlags asked);

    /// <summary>A request to the client, to be filled and sent; null once the client has gone.</summary>
    PtlrpcRequest? NewRequest(RequestFormat format);

    /// <summary>The client has left or was evicted: what is in flight ends with EIO.</summary>
    void Closed();
}
