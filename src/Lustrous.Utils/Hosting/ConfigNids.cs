using Lustrous.Idl.LNet;
using Lustrous.LNet;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Utils.Hosting;

/// <summary>Addresses of servers in configuration commands.</summary>
static class ConfigNids
{
    /// <summary>Carries out an <c>add_uuid</c>: an old NID in the command itself, a large one as text.</summary>
    public static Errno Add(UuidTable uuids, ConfigCommand command)
    {
        if (command.Text(1) is not { } uuid)
            return Errno.EINVAL;
        if (command.Nid != 0)
            return uuids.Add(uuid, Nid.FromNid4(command.Nid));
        Result<Nid> nid = Nid.Parse(command.Text(2) ?? "");
        return nid.Failed ? Errno.EINVAL : uuids.Add(uuid, nid.Value);
    }

    /// <summary>Other nodes that a target may be found at.</summary>
    public static void AddConnections(this Import import, IReadOnlyList<Nid> nids)
    {
        foreach (LNetProcessId peer in nids.ToPeers())
            import.AddConnection(peer);
    }

    public static LNetProcessId[] ToPeers(this IReadOnlyList<Nid> nids) =>
        [.. nids.Select(nid => new LNetProcessId(nid, LNetProcessId.LustrePid))];
}
