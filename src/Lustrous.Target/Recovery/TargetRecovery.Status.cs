using System.Globalization;
using System.Text;

namespace Lustrous.Target.Recovery;

public sealed partial class TargetRecovery
{
    /// <summary>What <c>lctl get_param *.*.recovery_status</c> shows (lprocfs_recovery_status_seq_show).</summary>
    public string Status()
    {
        using (_lock.Enter())
        {
            if (_machine.Stage == RecoveryStage.Complete)
                return CompleteStatus();
            if (!_window.IsOpen)
                return "status: WAITING_FOR_CLIENTS\n";
            return new StringBuilder("status: RECOVERING\n")
                .Line("recovery_start", UnixOf(_window.Start))
                .Line("time_remaining", Math.Max(0, _window.End - Now))
                .Line("connected_clients", Of(_machine.Connected, _machine.KnownClients))
                .Line("req_replay_clients", _machine.RequestClients)
                .Line("lock_repay_clients", _machine.LockClients)      // as Lustre spells it
                .Line("completed_clients", _machine.Connected - _machine.LockClients)
                .Line("evicted_clients", _machine.Stale)
                .Line("replayed_requests", _machine.ReplayedRequests)
                .Line("queued_requests", _machine.QueuedRequests)
                .Line("next_transno", _machine.NextTransno)
                .ToString();
        }
    }

    string CompleteStatus() => new StringBuilder("status: COMPLETE\n")
        .Line("recovery_start", UnixOf(_window.Start))
        .Line("recovery_duration", _endedAt - _window.Start)
        .Line("completed_clients", Of(_machine.KnownClients - _machine.Stale, _machine.KnownClients))
        .Line("replayed_requests", _machine.ReplayedRequests)
        .Line("last_transno", _machine.NextTransno - 1)
        .Line("VBR", _machine.HasGaps ? "ENABLED" : "DISABLED")
        .Line("IR", "ENABLED")
        .ToString();

    long UnixOf(long uptime) => _context.UnixSeconds - (Now - uptime);

    static string Of(int some, int all) => string.Create(CultureInfo.InvariantCulture, $"{some}/{all}");
}
