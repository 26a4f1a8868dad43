namespace Lustrous.Ptlrpc.Server;

// The ping evictor (lustre/ptlrpc/pinger.c, ptlrpc_update_export_timer): one timer a target, running while it has
// clients.
public sealed partial class ServiceTarget
{
    readonly ITimer _evictor;
    bool _evictorArmed;         // guarded by _lock
    TimeSpan _networkBackAt;    // guarded by _lock: 0, or until when to wait after the network seems to have been down

    void ArmEvictor()
    {
        if (_evictorArmed || _stopping)
            return;
        _evictorArmed = true;
        _evictor.Change(TimeSpan.FromSeconds(Math.Max(1, Options.PingEvictSeconds / 6)), Timeout.InfiniteTimeSpan);
    }

    void EvictSilent()
    {
        TimeSpan now = _context.Uptime;
        List<Export>? silent = null;
        using (_lock.Enter())
        {
            _evictorArmed = false;
            if (_all.Count == 0 || _stopping)
                return;
            ArmEvictor();
            silent = IsRecovering ? null : FindSilent(now);
        }
        if (silent is null)
            return;
        foreach (Export export in silent)
        {
            Log(LogLevel.Warning,
                $"not heard from client {export} for {(int)(now - export.LastRequest).TotalSeconds} s, evicting it");
            Remove(export, evicted: true);
        }
    }

    /// <summary>
    /// Clients that were silent too long. When nobody at all was heard lately the network, not the clients, is to
    /// blame: then they get time to find their way back once it works again.
    /// </summary>
    List<Export>? FindSilent(TimeSpan now)
    {
        var limit = TimeSpan.FromSeconds(Options.PingEvictSeconds);
        TimeSpan newest = TimeSpan.Zero;
        List<Export>? silent = null;
        foreach (Export export in _all)
        {
            newest = newest > export.LastRequest ? newest : export.LastRequest;
            if (now - export.LastRequest > limit)
                (silent ??= []).Add(export);
        }
        if (silent is null)
        {
            _networkBackAt = TimeSpan.Zero;
            return null;
        }
        if (now < newest + limit / 2)
            return silent;
        if (_networkBackAt == TimeSpan.Zero)
        {
            _networkBackAt = now + limit;
            return null;
        }
        if (now < _networkBackAt)
            return null;
        _networkBackAt = TimeSpan.Zero;
        return silent;
    }
}
