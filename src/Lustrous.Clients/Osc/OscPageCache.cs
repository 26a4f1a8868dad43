using Lustrous.Libcfs;

namespace Lustrous.Clients.Osc;

/// <summary>
/// The memory of all pages that the OSCs of one mount cache (<c>struct cl_client_cache</c>): a limit, and who goes
/// first. Chunks that were used longest ago go first; dirty ones stay until they are written.
/// </summary>
public sealed class OscPageCache(long limitBytes = 1L << 30)
{
    const int Batch = 16;

    readonly RankedLock _lock = new(9, "osc_lru");
    OscChunk? _oldest, _newest;     // guarded by _lock
    long _usedBytes;                // guarded by _lock

    /// <summary>Most bytes of buffers (<c>max_cached_mb</c>).</summary>
    public long LimitBytes { get; set; } = limitBytes;

    /// <summary>Bytes of buffers now.</summary>
    public long UsedBytes => Interlocked.Read(ref _usedBytes);

    internal bool IsOver => UsedBytes > LimitBytes;

    /// <summary>Notes what a chunk takes now, and that it was used; one without memory leaves.</summary>
    internal void Used(OscChunk chunk)
    {
        int size = chunk.Buffer?.Capacity ?? 0;
        using (_lock.Enter())
        {
            Interlocked.Add(ref _usedBytes, size - chunk.ChargedBytes);
            chunk.ChargedBytes = size;
            if (chunk.IsListed)
                Unlink(chunk);
            if (size > 0)
                Link(chunk);
        }
    }

    /// <summary>Lets chunks go until the limit is kept, as far as they may go.</summary>
    internal void Shrink()
    {
        // Each is looked at once at most: what may not go is put behind the others.
        OscChunk? last;
        using (_lock.Enter())
            last = _newest;
        for (bool more = last is not null; more && IsOver;)
        {
            Candidates candidates = default;
            int count = 0;
            using (_lock.Enter())
            {
                for (; count < Batch && _oldest is { } chunk && more; count++)
                {
                    more = chunk != last;
                    Unlink(chunk);
                    Link(chunk);
                    candidates[count] = chunk;
                }
            }
            more &= count > 0;
            for (int i = 0; i < count && IsOver; i++)
                candidates[i]!.Owner.Evict(candidates[i]!);
        }
    }

    void Link(OscChunk chunk)
    {
        chunk.Older = _newest;
        if (_newest is { } newest)
            newest.Newer = chunk;
        else
            _oldest = chunk;
        _newest = chunk;
        chunk.IsListed = true;
    }

    void Unlink(OscChunk chunk)
    {
        if (chunk.Newer is { } newer)
            newer.Older = chunk.Older;
        else
            _newest = chunk.Older;
        if (chunk.Older is { } older)
            older.Newer = chunk.Newer;
        else
            _oldest = chunk.Newer;
        chunk.Newer = chunk.Older = null;
        chunk.IsListed = false;
    }

    [System.Runtime.CompilerServices.InlineArray(Batch)]
    struct Candidates
    {
        OscChunk? _first;
    }
}
