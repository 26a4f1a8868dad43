namespace Lustrous.Ptlrpc.Server;

// The ping evictor (lustre/ptlrpc/pinger.c, ptlrpc_update_export_timer): one timer a target, running while it has
// clients.
public sealed partial class ServiceTarget
{
    /// <summary>An evictor that runs later than this has stood still, as its whole machine may have: what clients said
    /// meanwhile has yet to be read.</summary>
    static readonly TimeSpan s_standstill = TimeSpan.FromSeconds(5);

    readonly ITimer _evictor;
    bool _evictorArmed;         // guarded by _lock
    TimeSpan _evictorDue;       // guarded by _lock
    TimeSpan _resumedAt;        // guarded by _lock: 0, or when we went on after a standstill
    TimeSpan _networkBackAt;    // guarded by _lock: 0, or until when to wait after the network seems to have been down

    void ArmEvictor()
    {
        if (_evictorArmed || _stopping)
            return;
        _evictorArmed = true;
        var interval = TimeSpan.FromSeconds(Math.Max(1, Options.PingEvictSeconds / 6));
        _evictorDue = _context.Uptime + interval;
        _evictor.Change(interval, Timeout.InfiniteTimeSpan);
    }

    void EvictSilent()
    {
        TimeSpan now = _context.Uptime;
        List<(Export Export, TimeSpan Silence)>? silent = null;
        using (_lock.Enter())
        {
            _evictorArmed = false;
            if (now - _evictorDue > s_standstill)
                _resumedAt = now;
            if (_all.Count == 0 || _stopping)
                return;
            ArmEvictor();
            silent = IsRecovering ? null : FindSilent(now);
        }
        if (silent is null)
            return;
        foreach ((Export export, TimeSpan silence) in silent)
        {
            Log(LogLevel.Warning,
                $"not heard from client {export} for {(int)silence.TotalSeconds} s, evicting it");
            Remove(export, evicted: true);
        }
    }

    /// <summary>
    /// Clients that were silent too long. When nobody at all was heard lately the network, not the clients, is to
    /// blame: then they get time to find their way back once it works again.
    /// </summary>
    List<(Export Export, TimeSpan Silence)>? FindSilent(TimeSpan now)
    {
        var limit = TimeSpan.FromSeconds(Options.PingEvictSeconds);
        TimeSpan newest = TimeSpan.Zero;
        List<(Export, TimeSpan)>? silent = null;
        foreach (Export export in _all)
        {
            TimeSpan last = export.LastRequest > _resumedAt ? export.LastRequest : _resumedAt;
            newest = newest > last ? newest : last;
            if (now - last > limit)
                (silent ??= []).Add((export, now - last));
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
