using System.Runtime.CompilerServices;

namespace Lustrous.Ptlrpc.Client;

/// <summary>
/// The longest time something took lately: a maximum over four time slices, so that one slow answer is remembered for a
/// while and then forgotten (<c>struct adaptive_timeout</c>).
/// </summary>
/// <remarks>Guarded by its owner. Source: obd_at_measure in lustre/ptlrpc/import.c.</remarks>
public sealed class AdaptiveTimeout(PtlrpcOptions options)
{
    const int Bins = 4;    // AT_BINS

    [InlineArray(Bins)]
    struct History
    {
        int _first;
    }

    History _history;
    long _binStart;        // seconds; 0 until the first measurement

    /// <summary>The estimate, within <c>at_min</c> and <c>at_max</c>.</summary>
    public int Seconds => Math.Max(CurrentSeconds, options.AtMinSeconds);

    /// <summary>The estimate before <c>at_min</c> is applied.</summary>
    public int CurrentSeconds { get; private set; }

    public int WorstSeconds { get; private set; }

    /// <summary>When the worst was seen.</summary>
    public long WorstAt { get; private set; }

    /// <summary>The maximum of a slice, 0 for the present one.</summary>
    public int HistorySeconds(int slice) => _history[slice];

    /// <summary>Forgets everything measured and starts from <paramref name="seconds"/> (<c>at_reinit</c>).</summary>
    public void Reset(int seconds, long now)
    {
        _history = default;
        _binStart = 0;
        Override(seconds, now);
    }

    /// <summary>Sets the estimate and keeps the history (<c>at_reset</c>).</summary>
    public void Override(int seconds, long now)
    {
        CurrentSeconds = WorstSeconds = seconds;
        WorstAt = now;
    }

    /// <summary>Takes a measurement in; 0 and less do not count, they may mean an error.</summary>
    /// <param name="seconds">What was measured.</param>
    /// <param name="now">Seconds on any clock that only goes forward.</param>
    public void Measure(int seconds, long now)
    {
        if (seconds <= 0)
            return;
        long binSeconds = Math.Max(options.AtHistorySeconds / Bins, 1);
        if (_binStart == 0)
        {
            // The default it was created with is no measurement.
            Override(seconds, now);
            _history[0] = seconds;
            _binStart = now;
        }
        else if (now - _binStart < binSeconds)
        {
            _history[0] = Math.Max(seconds, _history[0]);
            CurrentSeconds = Math.Max(seconds, CurrentSeconds);
        }
        else
        {
            Shift((now - _binStart) / binSeconds, seconds);
            _binStart += (now - _binStart) / binSeconds * binSeconds;
        }
        if (CurrentSeconds > WorstSeconds)
            (WorstSeconds, WorstAt) = (CurrentSeconds, now);
        if (options.AdaptiveTimeouts)
            CurrentSeconds = Math.Min(CurrentSeconds, options.AtMaxSeconds);
        CurrentSeconds = Math.Max(CurrentSeconds, options.AtMinSeconds);
    }

    void Shift(long slices, int seconds)
    {
        int longest = seconds;
        for (int i = Bins - 1; i >= 0; i--)
        {
            _history[i] = i >= slices ? _history[i - (int)slices] : 0;
            longest = Math.Max(longest, _history[i]);
        }
        _history[0] = seconds;
        CurrentSeconds = longest;
    }
}
