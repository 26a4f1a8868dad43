using System.Globalization;
using System.Text;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Utils.Control;

/// <summary>A connection to a target as <c>lctl get_param *.*.import</c> and <c>*.*.state</c> show it.</summary>
/// <remarks>Source: lprocfs_import_seq_show and lprocfs_state_seq_show,
/// lustre/obdclass/lprocfs_status.c.</remarks>
static class ImportText
{
    public static string Of(Import import)
    {
        ImportInfo info = import.GetInfo();
        var text = new StringBuilder("import:\n");
        Line(1, "name", import.Options.DeviceName);
        Line(1, "target", import.Options.TargetUuid);
        Line(1, "state", info.State.Name());
        text.Append("    connect_data:\n");
        Line(2, "flags", string.Create(CultureInfo.InvariantCulture, $"0x{(ulong)info.ConnectFlags:x}"));
        Line(2, "flags2", string.Create(CultureInfo.InvariantCulture, $"0x{(ulong)info.ConnectFlags2:x}"));
        Line(2, "instance", import.ConnectData.Instance);
        Line(1, "import_flags", $"[ {string.Join(", ", Flags(info))} ]");
        text.Append("    connection:\n");
        Line(2, "failover_nids", $"[ {string.Join(", ", info.Addresses)} ]");
        Line(2, "current_connection", info.CurrentAddress);
        Line(2, "connection_attempts", info.ConnectAttempts);
        Line(2, "generation", info.Generation);
        text.Append("    rpcs:\n");
        Line(2, "inflight", info.InFlight);
        Line(2, "unregistering", 0);
        Line(2, "timeouts", info.Timeouts);
        Line(2, "avg_waittime", FormattableString.Invariant($"{info.AverageWait.TotalMicroseconds:f0} usec"));
        text.Append("    service_estimates:\n");
        Line(2, "services", $"{info.ServiceEstimates.Select(estimate => estimate.Seconds).DefaultIfEmpty().Max()} sec");
        Line(2, "network", $"{info.NetLatencySeconds} sec");
        text.Append("    transactions:\n");
        Line(2, "last_replay", info.LastReplayTransno);
        Line(2, "peer_committed", info.PeerCommitted);
        return text.ToString();

        void Line<T>(int depth, string name, T value) => text.Append(' ', depth * 4 - (depth > 1 ? 1 : 0))
            .Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
    }

    public static string StateOf(Import import)
    {
        ImportInfo info = import.GetInfo();
        var text = new StringBuilder($"current_state: {info.State.Name()}\nstate_history:\n");
        foreach ((ImportState state, long at) in info.History)
            text.Append(CultureInfo.InvariantCulture, $" - [ {at}, {state.Name()} ]\n");
        return text.ToString();
    }

    static IEnumerable<string> Flags(ImportInfo info)
    {
        if (info.IsInvalid)
            yield return "invalid";
        if (info.IsDeactive)
            yield return "deactive";
        if (info.IsReplayable)
            yield return "replayable";
        if (info.State == ImportState.Full)
            yield return "pingable";
    }
}
