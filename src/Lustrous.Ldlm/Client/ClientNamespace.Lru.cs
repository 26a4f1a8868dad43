using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Client;

// Unused locks: kept because they are likely to be used again, up to a number and an age.
public sealed partial class ClientNamespace
{
    readonly LruList _lru = new();
    readonly ITimer _ageTimer;
    int _trimming;
    int _ageArmed;

    void Keep(ClientLock unused)
    {
        unused.LastUsed = Context.Uptime;
        _lru.Add(unused);
        if (LruSize == 0 || UnusedCount > LruSize)
            TrimSoon();
        if (Interlocked.Exchange(ref _ageArmed, 1) == 0)
            _ageTimer.Change(LruMaxAge, Timeout.InfiniteTimeSpan);
    }

    void TrimSoon()
    {
        if (Interlocked.Exchange(ref _trimming, 1) == 0)
        {
            Context.Work.Post(
                static state => ((ClientNamespace)state!).Spawn(((ClientNamespace)state!).TrimAsync(TimeSpan.MaxValue)),
                this);
        }
    }

    void OnAge()
    {
        Volatile.Write(ref _ageArmed, 0);
        if (UnusedCount == 0)
            return;
        if (Interlocked.Exchange(ref _trimming, 1) == 0)
            Spawn(TrimAsync(LruMaxAge));
        if (Interlocked.Exchange(ref _ageArmed, 1) == 0)
            _ageTimer.Change(LruMaxAge, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Gives up the locks that have been unused for longest (ldlm_prepare_lru_list): those beyond the limit,
    /// and those that are too old.</summary>
    async ValueTask TrimAsync(TimeSpan maxAge)
    {
        var handles = new List<ulong>();
        TimeSpan now = Context.Uptime;
        // Every lock is looked at once at most: what cannot go now waits for the next time.
        for (int left = UnusedCount; left > 0; left--)
        {
            if (_lru.Take() is not { } oldest)
                break;
            bool isOld = maxAge != TimeSpan.MaxValue && now - oldest.LastUsed >= maxAge;
            if (!isOld && UnusedCount <= LruSize)
            {
                _lru.Add(oldest);
                break;
            }
            if (oldest.IsUsed || oldest.State != ClientLockState.Granted)
                continue;           // it comes back when its user goes
            bool leaves = false;
            if (oldest.Callbacks.MayDrop(oldest))
            {
                using (oldest.Enter())
                    leaves = oldest.TryLeave();
            }
            if (!leaves)
                _lru.Add(oldest);
            else if (await FlushAsync(oldest) is var remote and not 0)
                handles.Add(remote);
        }
        Volatile.Write(ref _trimming, 0);
        if (handles.Count > 0)
            await SendCancelsAsync(handles);
    }
}
