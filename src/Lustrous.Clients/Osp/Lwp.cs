using Lustrous.Clients.Fids;
using Lustrous.Idl.Fids;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Obdclass.Fids;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Osp;

/// <summary>
/// A light connection of an OST, or of another MDT, to MDT0000 (<c>struct lwp_device</c>): for FID sequences and their
/// locations. It takes no part in recovery.
/// </summary>
/// <remarks>Source: lustre/osp/lwp_dev.c.</remarks>
public sealed class Lwp : ISequenceSource, IAsyncDisposable
{
    readonly SeqImportSource _sequences;

    /// <param name="node">The server's own.</param>
    /// <param name="targetName">Whose connection it is: <c>lustre-OST0000</c>.</param>
    /// <param name="mdt0Name"><c>lustre-MDT0000</c></param>
    /// <param name="nids">Where MDT0000 may run.</param>
    /// <param name="type">Of the target: whether its sequences are for objects or for files.</param>
    public Lwp(
        PtlrpcNode node, string targetName, string mdt0Name, IReadOnlyList<Nid> nids,
        SeqRangeType type = SeqRangeType.OST)
    {
        Import = new Import(node, new ImportOptions
        {
            DeviceName = $"{mdt0Name}-lwp-{targetName[(targetName.IndexOf('-') + 1)..]}",
            TargetUuid = mdt0Name + "_UUID",
            ClientUuid = $"{mdt0Name}-lwp-{targetName[(targetName.IndexOf('-') + 1)..]}_UUID",
            Peers = [.. nids.Select(nid => new LNetProcessId(nid, LNetProcessId.LustrePid))],
            ConnectOpcode = (uint)MdsOpcode.Connect,
            RequestPortal = Portals.MDS_REQUEST_PORTAL,
            ReplyPortal = Portals.MDC_REPLY_PORTAL,
            // Its uuid is the same in every life of the server: by the handle MDT0000 knows that this is another.
            LocalHandle = node.Context.Random.NextUInt64(),
            ConnectData = new ObdConnectData
            {
                ConnectFlags = Flags,
                ConnectFlags2 = ConnectFlags2.REP_MBITS,
            },
        });
        _sequences = new SeqImportSource(Import, isData: type == SeqRangeType.OST);
    }

    static ConnectFlags Flags =>
        ConnectFlags.VERSION | ConnectFlags.FID | ConnectFlags.AT | ConnectFlags.FULL20
        | ConnectFlags.LVB_TYPE | ConnectFlags.LIGHTWEIGHT | ConnectFlags.LFSCK | ConnectFlags.BULK_MBITS
        | ConnectFlags.FLAGS2;

    public Import Import { get; }

    /// <summary>Begins to connect, and goes on doing so.</summary>
    public Errno Start() => Import.Connect();

    public ValueTask<Result<LuSeqRange>> AllocateAsync(
        SeqOperation operation, LuSeqRange asker, CancellationToken cancel) =>
        _sequences.AllocateAsync(operation, asker, cancel);

    public ValueTask DisposeAsync() => Import.DisposeAsync();
}
