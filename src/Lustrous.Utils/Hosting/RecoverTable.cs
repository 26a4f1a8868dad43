using Lustrous.Clients.Mgc;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Utils.Hosting;

/// <summary>
/// Imperative recovery: the MGS tells that a target is there (again), and whoever has lost it, or speaks with its
/// earlier life, connects at once instead of at the next try.
/// </summary>
/// <param name="find">The client of a target: whether it is an MDT, and its index; null for none.</param>
/// <remarks>Source: mgc_apply_recover_logs, lustre/mgc/mgc_request.c.</remarks>
sealed class RecoverTable(Func<bool, uint, Import?> find) : IRecoverOwner
{
    public ValueTask TargetMovedAsync(MgsNidTableEntry entry, IReadOnlyList<Nid> nids, CancellationToken cancel)
    {
        bool isMdt = ((LddFlags)entry.Type & LddFlags.SV_TYPE_MDT) != 0;
        if (find(isMdt, entry.Index) is not { } import)
            return ValueTask.CompletedTask;
        uint known = import.ConnectData.Instance;
        bool isCurrent = import.State is ImportState.Full or ImportState.Idle
            && (known == 0 || known == entry.Instance);
        if (!isCurrent)
            import.Recover(nids.ToPeers());
        return ValueTask.CompletedTask;
    }
}
