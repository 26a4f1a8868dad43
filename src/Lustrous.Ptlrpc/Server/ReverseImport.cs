using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// The way back as an <see cref="Import"/>: requests to the client's portal 15, replies on our portal 16. LNet
/// sends to the
/// client's NID over whatever connections there are, which are those the client has opened.
/// </summary>
/// <remarks>Source: rev_import_init and rev_import_reconnect in lustre/ldlm/ldlm_lib.c.</remarks>
public sealed class ReverseImport : IReverseImport
{
    readonly PtlrpcNode _node;
    readonly Lock _lock = new();
    Import? _import;        // guarded by _lock; made by the first connect
    bool _closed;           // guarded by _lock

    public ReverseImport(PtlrpcNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        _node = node;
    }

    /// <summary>A way back for <see cref="ServiceTarget.CreateReverseImport"/>.</summary>
    public static Func<Export, IReverseImport> Factory(PtlrpcNode node) => _ => new ReverseImport(node);

    public PtlrpcRequest? NewRequest(RequestFormat format)
    {
        Import? import;
        lock (_lock)
            import = _closed ? null : _import;
        return import?.NewRequest(format);
    }

    public void Connected(Export export, ConnectFlags asked)
    {
        ArgumentNullException.ThrowIfNull(export);
        var granted = new ConnectReply
        {
            Handle = export.RemoteHandle,
            // Whether the client sends early replies is its own matter, whatever this target can do.
            Flags = export.Connection.Flags | (asked & ConnectFlags.AT),
            Flags2 = export.Connection.Flags2,
        };
        Import? known;
        lock (_lock)
        {
            if (_closed)
                return;
            known = _import;
            _import ??= Import.CreateReverse(_node, Options(export), export.RemoteHandle, granted);
        }
        known?.Readdress(export.Peer, export.RemoteHandle, granted);
    }

    public void Closed()
    {
        Import? import;
        lock (_lock)
        {
            _closed = true;
            import = _import;
        }
        if (import is not null)
            _node.Spawn(import.DisposeAsync());
    }

    static ImportOptions Options(Export export) => new()
    {
        DeviceName = export.Target.Name,
        TargetUuid = export.ClientUuid,
        ClientUuid = export.Target.Uuid,
        Peers = [export.Peer],
        ConnectOpcode = 0,      // it never connects
        RequestPortal = Portals.LDLM_CB_REQUEST_PORTAL,
        ReplyPortal = Portals.LDLM_CB_REPLY_PORTAL,
        ConnectData = default,
    };
}
