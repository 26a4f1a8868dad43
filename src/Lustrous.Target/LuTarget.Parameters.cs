using System.Globalization;
using Lustrous.Obdclass.Parameters;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target;

// What lctl sees and does of a target's clients.
public sealed partial class LuTarget
{
    /// <summary>Adds <c>mdt.NAME.*</c> or <c>obdfilter.NAME.*</c>; a later life of it has the same names.</summary>
    public void AddParameters(ParameterTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        string kind = Options.Kind == TargetKind.Mdt ? "mdt" : "obdfilter";
        Add("recovery_status", Parameter.ReadOnly(() => Recovery?.Status() ?? "status: INACTIVE\n"));
        Add("abort_recovery", new Parameter(null, _ => AbortRecovery()));
        Add("evict_client", new Parameter(null, EvictClient));
        Add("num_exports", Parameter.ReadOnly(
            () => Service.ExportCount.ToString(CultureInfo.InvariantCulture)));
        Add("instance", Parameter.ReadOnly(
            () => Service.Options.Instance.ToString(CultureInfo.InvariantCulture)));

        void Add(string name, Parameter parameter)
        {
            tree.Remove([kind, Name, name]);
            tree.Add([kind, Name, name], parameter);
        }
    }

    /// <summary>Waits for no client of the former life any longer (<c>lctl --device NAME abort_recovery</c>).</summary>
    /// <returns>EINVAL: it does not recover.</returns>
    public Errno AbortRecovery()
    {
        if (!Service.IsRecovering || Recovery is not { } recovery)
            return Errno.EINVAL;
        recovery.Abort();
        return Errno.OK;
    }

    /// <summary>Throws out a client by its uuid, or all of an address (<c>nid:10.0.0.1@tcp</c>).</summary>
    /// <returns>ENOENT: there is none.</returns>
    public Errno EvictClient(string client)
    {
        ArgumentNullException.ThrowIfNull(client);
        const string ByNid = "nid:", ByUuid = "uuid:";
        string wanted = client.Trim();
        bool isNid = wanted.StartsWith(ByNid, StringComparison.Ordinal);
        if (isNid || wanted.StartsWith(ByUuid, StringComparison.Ordinal))
            wanted = wanted[(wanted.IndexOf(':', StringComparison.Ordinal) + 1)..];
        Errno result = Errno.ENOENT;
        foreach (Export export in Service.ListExports())
        {
            if ((isNid ? export.PeerNid.ToString() : export.ClientUuid) != wanted)
                continue;
            Service.Evict(export);
            result = Errno.OK;
        }
        return result;
    }
}
