namespace Lustrous.Ptlrpc;

/// <summary>What a node's adaptive timeouts are bounded by; seconds (<c>at_min</c> … of ptlrpc's module parameters).</summary>
public sealed record AdaptiveTimeoutOptions
{
    public static AdaptiveTimeoutOptions Default { get; } = new();

    /// <summary>Least estimate (<c>at_min</c>).</summary>
    public int MinSeconds { get; init; } = 5;

    /// <summary>Largest estimate (<c>at_max</c>); 0 switches adaptive timeouts off.</summary>
    public int MaxSeconds { get; init; } = 600;

    /// <summary>The slowest event of this long counts (<c>at_history</c>).</summary>
    public int HistorySeconds { get; init; } = 600;

    /// <summary>How long before a request's deadline the server asks for more time (<c>at_early_margin</c>).</summary>
    public int EarlyMarginSeconds { get; init; } = 5;

    /// <summary>How much more it asks for (<c>at_extra</c>).</summary>
    public int ExtraSeconds { get; init; } = 30;

    /// <summary>Timeout of requests where adaptive timeouts are off (<c>obd_timeout</c>).</summary>
    public int ObdTimeoutSeconds { get; init; } = 100;
}

/// <summary>
/// Remembers the slowest of the recent events, in whole seconds, in four bins (<c>struct adaptive_timeout</c>). Thread-safe.
/// </summary>
/// <remarks>Source: obd_at_measure of lustre/ptlrpc/import.c.</remarks>
public sealed class AdaptiveTimeout(AdaptiveTimeoutOptions options, int initialSeconds)
{
    const int Bins = 4;

    readonly RankedLock _lock = new(68, "at_lock");
    readonly int[] _history = new int[Bins];    // guarded by _lock; the slowest event of each bin, latest bin first
    TimeSpan _binStart = TimeSpan.MinValue;     // guarded by _lock
    int _current = initialSeconds;              // written under _lock

    /// <summary>The estimate, within the bounds.</summary>
    public int CurrentSeconds => Bound(Volatile.Read(ref _current));

    /// <summary>Timeout that an estimate stands for: a quarter more, and five seconds (at_est2timeout).</summary>
    public static int ToTimeout(int estimateSeconds) => estimateSeconds + (estimateSeconds >> 2) + 5;

    /// <summary>Takes in one event; 0 and less do not count.</summary>
    /// <param name="seconds">How long it took.</param>
    /// <param name="now">The node's uptime.</param>
    public void Measure(int seconds, TimeSpan now)
    {
        if (seconds <= 0)
            return;
        using (_lock.Enter())
        {
            var binLength = TimeSpan.FromSeconds(Math.Max(1, options.HistorySeconds / Bins));
            if (_binStart == TimeSpan.MinValue)
            {
                // The first event takes the place of the initial guess.
                _current = seconds;
                _history[0] = seconds;
                _binStart = now;
            }
            else if (now - _binStart < binLength)
            {
                _history[0] = Math.Max(_history[0], seconds);
                _current = Math.Max(_current, seconds);
            }
            else
            {
                long shift = (now - _binStart) / binLength is var bins && bins < int.MaxValue ? (long)bins : int.MaxValue;
                _current = Math.Max(seconds, Shift((int)Math.Min(shift, Bins)));
                _history[0] = seconds;
                _binStart += binLength * shift;
            }
            _current = Bound(_current);
        }
    }

    /// <summary>Forgets everything (at_reset).</summary>
    public void Reset(int seconds)
    {
        using (_lock.Enter())
        {
            Array.Clear(_history);
            _binStart = TimeSpan.MinValue;
            _current = seconds;
        }
    }

    /// <summary>Moves the bins on; returns the slowest that is left.</summary>
    int Shift(int bins)
    {
        int slowest = 0;
        for (int i = Bins - 1; i >= 0; i--)
        {
            _history[i] = i >= bins ? _history[i - bins] : 0;
            slowest = Math.Max(slowest, _history[i]);
        }
        return slowest;
    }

    int Bound(int seconds) =>
        Math.Max(options.MinSeconds, options.MaxSeconds > 0 ? Math.Min(seconds, options.MaxSeconds) : seconds);
}
