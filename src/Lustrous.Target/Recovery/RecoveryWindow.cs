using Lustrous.Ptlrpc;

namespace Lustrous.Target.Recovery;

/// <summary>
/// How long a target waits for the clients of its former life: a soft limit that moves with what they do, and a hard
/// one. Pure; times are whole seconds of uptime.
/// </summary>
/// <remarks>Source: target_start_recovery_timer, extend_recovery_timer of lustre/ldlm/ldlm_lib.c.</remarks>
sealed class RecoveryWindow(PtlrpcOptions timeouts, int softSeconds, int hardSeconds)
{
    /// <summary>When the first client came; 0 before. Nobody is given up as long as nobody has come.</summary>
    public long Start { get; private set; }

    /// <summary>Length of the window as it is now.</summary>
    public int Seconds { get; private set; } = softSeconds;

    public long End => Start + Seconds;

    public bool IsOpen => Start != 0;

    /// <summary>The hard limit has passed.</summary>
    public bool IsOver(long now) => IsOpen && now >= Start + hardSeconds;

    /// <summary>A client connects, a known one or another.</summary>
    public void Connecting(long now, bool isKnown)
    {
        if (!IsOpen)
            Start = Math.Max(now, 1);
        if (!isKnown)
            return;
        // Others find out as late as this that the target was gone, and may try another node first.
        int others = PtlrpcOptions.EstimateToTimeout(0) + 2 * timeouts.InitialConnectTimeoutSeconds
            + 2 * (timeouts.ConnectionSwitchMaxSeconds + timeouts.ConnectionSwitchIncSeconds);
        Seconds = Math.Max(Seconds, Math.Min(others, hardSeconds));
    }

    /// <summary>Something was replayed: the next has this much time at least.</summary>
    public void Extend(long now, int seconds)
    {
        long left = Math.Max(0, End - now);
        if (seconds > left)
            Seconds = (int)Math.Min(hardSeconds, Seconds + seconds - left);
    }

    /// <summary>Clients were given up: the others may have to connect again meanwhile (<c>RECONNECT_DELAY_MAX</c>).
    /// </summary>
    public void Expired(long now) => Extend(
        now, timeouts.ConnectionSwitchMaxSeconds + timeouts.ConnectionSwitchIncSeconds
            + timeouts.InitialConnectTimeoutSeconds);
}
