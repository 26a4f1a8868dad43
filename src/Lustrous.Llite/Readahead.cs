namespace Lustrous.Llite;

/// <summary>
/// Finds the pattern in the reads of one open file and says what will be wanted next: a window that grows while reads
/// are sequential, or the next pieces of a stride (<c>struct ll_readahead_state</c>).
/// </summary>
/// <remarks>Source: ll_readahead, ras_update in lustre/llite/rw.c: the ideas, not the code.</remarks>
sealed class Readahead
{
    const long Step = 1 << 20;          // bytes: the window grows by RPCs' worth (ras_rpc_pages)
    const long FirstWindow = 256 << 10;
    const int ConfirmedStrides = 2;

    readonly Lock _lock = new();
    long _expected = -1;                // guarded by _lock: where a sequential read would begin
    long _window;                       // guarded by _lock: bytes to have ready
    long _fetched;                      // guarded by _lock: end of what was asked for
    long _lastStart, _strideGap;        // guarded by _lock
    int _strides;                       // guarded by _lock: equal gaps in a row

    /// <summary>Notes a read and tells what to fetch; nothing when the length is 0.</summary>
    /// <param name="offset">Where the read begins.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="limit">Largest window; 0 turns it off.</param>
    /// <param name="start">First byte to fetch.</param>
    /// <returns>Bytes to fetch.</returns>
    public long Note(long offset, int length, long limit, out long start)
    {
        lock (_lock)
        {
            start = 0;
            long end = offset + length;
            if (limit <= 0)
                return 0;
            if (offset == _expected || (_expected < 0 && offset == 0))
                return Sequential(offset, end, limit, out start);
            long gap = offset - _lastStart;
            _strides = gap > length && gap == _strideGap ? _strides + 1 : 0;
            (_strideGap, _lastStart, _expected) = (gap, offset, end);
            (_window, _fetched) = (0, end);
            if (_strides < ConfirmedStrides)
                return 0;
            start = offset + gap;
            return length;
        }
    }

    long Sequential(long offset, long end, long limit, out long start)
    {
        (_expected, _lastStart) = (end, offset);
        _strides = 0;
        _window = Math.Min(limit, _window == 0 ? FirstWindow : _window + Math.Max(Step, end - offset));
        start = Math.Max(end, _fetched);
        long wanted = end + _window;
        // Asked for in large pieces, not a page more with every read.
        if (wanted - start < Math.Min(Step, _window / 2))
            return 0;
        _fetched = wanted;
        return wanted - start;
    }
}
