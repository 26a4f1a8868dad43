using Lustrous.Clients.Mgc;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;
using Lustrous.Mgs;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Utils.Hosting;

// Targets that start while their MGS is down: a failed registration is fatal to new ones only (server_register_target
// of lustre/target/tgt_mount.c).
public sealed partial class ServerNode
{
    /// <summary>Where a target keeps its logs; null when it cannot, or when they are here with the MGS.</summary>
    async ValueTask<StoredConfigs?> OpenCopiesAsync(IDtDevice storage, CancellationToken cancel)
    {
        if (Mgs is not null)
            return null;
        Result<DtConfigStore> store = DtConfigStore.Open(storage);
        // A new one has begun with its directory, and the MGS may be waited for long.
        return !store.Failed && await store.Value.SyncAsync(cancel) == Errno.OK ? new StoredConfigs(store.Value) : null;
    }

    /// <summary>Registers a target that serves already, once the MGS is there.</summary>
    async Task JoinLaterAsync(
        Mgc mgc, TargetSpec spec, RunningTarget running, TargetConfig config, MgsTargetInfo info,
        IReadOnlyList<Nid> nids, CancellationToken cancel)
    {
        _node.Context.Log.Warning(spec.Name, "serves without its MGS, which does not answer");
        // Ends with the target, and with the node's client of the MGS.
        while (await mgc.Import.WaitConnectedAsync(firstTryOnly: false, cancel) == Errno.OK)
        {
            Errno status = (await mgc.RegisterTargetAsync(info, nids, cancel)).Error;
            if (cancel.IsCancellationRequested)
                return;
            if (status == Errno.OK)
            {
                _node.Context.Log.Warning(spec.Name, "has registered with its MGS, which is back");
                await TellMgsAsync(mgc, spec, running, config, info, nids, cancel);
                return;
            }
            if (!Mgc.IsUnreachable(status))
            {
                _node.Context.Log.Error(spec.Name, $"the MGS is back, and does not take it: {status}");
                return;
            }
        }
    }
}
