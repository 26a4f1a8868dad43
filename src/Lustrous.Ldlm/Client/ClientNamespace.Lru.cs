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
        if (!unused.IsInLru)
            Place(unused, unused.LastUsed);
        if (LruSize == 0 || UnusedCount > LruSize)
            TrimSoon();
        if (Interlocked.Exchange(ref _ageArmed, 1) == 0)
            _ageTimer.Change(LruMaxAge, Timeout.InfiniteTimeSpan);
    }

    void Place(ClientLock unused, TimeSpan at)
    {
        unused.PlacedAt = at;
        _lru.Add(unused);
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
            bool isTooMany = UnusedCount > LruSize;
            if ((!isTooMany && maxAge == TimeSpan.MaxValue) || _lru.Take() is not { } oldest)
                break;
            if (oldest.IsUsed || oldest.State != ClientLockState.Granted)
                continue;           // it comes back when its user goes
            if (oldest.LastUsed > oldest.PlacedAt)
            {
                Place(oldest, oldest.LastUsed);     // it has been used since it came here
                continue;
            }
            if (!isTooMany && now - oldest.LastUsed < maxAge)
            {
                _lru.PutBack(oldest);
                break;
            }
            bool leaves = false;
            if (oldest.Callbacks.MayDrop(oldest))
            {
                using (oldest.Enter())
                    leaves = oldest.TryLeave();
            }
            if (!leaves)
                Place(oldest, now);
            else if (await FlushAsync(oldest) is var remote and not 0)
                handles.Add(remote);
        }
        Volatile.Write(ref _trimming, 0);
        if (handles.Count > 0)
            await SendCancelsAsync(handles);
    }
}
