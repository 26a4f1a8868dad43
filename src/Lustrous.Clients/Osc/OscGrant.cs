using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Osc;

/// <summary>What a writer is told that wants to make pages dirty.</summary>
enum CacheEntry
{
    Entered,
    /// <summary>Writing what is dirty will make room.</summary>
    Wait,
    /// <summary>It never will: write through.</summary>
    Sync,
}

/// <summary>
/// How much an OSC may keep dirty: space that the OST has promised (grant), and a limit of its own. A pure account
/// under one lock; it knows no RPCs.
/// </summary>
/// <remarks>
/// Grant is put aside when pages become dirty, spent when they are sent, and comes back with replies. What an extent
/// costs is the OST's rule (tgt_grant_rnb_size): whole blocks, and a tax for each piece. Source: osc_enter_cache_try,
/// osc_init_grant, osc_announce_cached.
/// <para>
/// Every connection begins with the OST's own figure, in which all that it has executed is reckoned. So the answer to
/// what was sent before must bring no grant any more, and a write that it has executed but that is sent again is taken
/// off its book twice: what we hold may then be less than what is put aside, and the account is in debt until grant
/// comes in.
/// </para>
/// </remarks>
sealed class OscGrant
{
    const uint MaxGrant = 0x7fffffff & ~(64u << 20);

    readonly RankedLock _lock = new(9, "osc_grant");
    long _available;        // guarded by _lock, as all below; in debt below 0
    long _aside;            // for dirty pages
    long _spent;            // with RPCs under way
    long _dirty;            // bytes dirty or under way
    long _maxDirty;
    bool _hasGrant;
    bool _hasParameters;
    long _tax;
    long _maxExtent = long.MaxValue;
    GrantStamp _stamp;
    int _blockBits = OscChunk.PageShift;

    public OscGrant(long maxDirty) => _maxDirty = maxDirty;

    public long MaxDirty
    {
        get => Interlocked.Read(ref _maxDirty);
        set => Interlocked.Exchange(ref _maxDirty, value);
    }

    public long Dirty => Interlocked.Read(ref _dirty);

    public long Available => Interlocked.Read(ref _available);

    /// <summary>All that the OST believes us to have: never more than it granted.</summary>
    public long Total
    {
        get
        {
            using (_lock.Enter())
                return _available + _aside + _spent;
        }
    }

    /// <summary>Without what RPCs under way have spent, which the OST may have taken off its book: at no moment more
    /// than it has on it.</summary>
    public long Unspent
    {
        get
        {
            using (_lock.Enter())
                return _available + _aside;
        }
    }

    /// <summary>A connection: what is granted now, all told, and the OST's rules.</summary>
    public void Connected(in ObdConnectData data, bool wasEvicted)
    {
        using (_lock.Enter())
        {
            _hasGrant = (data.ConnectFlags & ConnectFlags.GRANT) != 0;
            _hasParameters = _hasGrant && (data.ConnectFlags & ConnectFlags.GRANT_PARAM) != 0;
            _tax = _hasParameters ? (long)data.GrantExtentTaxKb << 10 : 0;
            _blockBits = _hasParameters
                ? Math.Clamp((int)data.GrantBlockBits, OscChunk.PageShift, 24)
                : OscChunk.PageShift;
            _maxExtent = _hasParameters && data.GrantMaxBlocks > 0
                ? Math.Max((long)data.GrantMaxBlocks << _blockBits, OscChunk.Size)
                : long.MaxValue;
            // After an eviction what is put aside and spent comes back, as it is dropped and fails.
            _available = (_hasGrant ? data.Grant : 0) - (_aside + _spent);
            _stamp = new GrantStamp(_stamp.Connection + 1, wasEvicted ? _stamp.Life + 1 : _stamp.Life);
        }
    }

    /// <summary>What one piece of an object costs, from byte to byte.</summary>
    public long CostOf(ulong start, ulong end)
    {
        ulong block = 1UL << _blockBits;
        long bytes = (long)(((end + block - 1) & ~(block - 1)) - (start & ~(block - 1)));
        long extents = _maxExtent == long.MaxValue ? 1 : (bytes + _maxExtent - 1) / _maxExtent;
        return bytes + (extents * _tax);
    }

    /// <summary>What the dirty pages of one chunk cost when they are sent alone.</summary>
    public long CostOfPages(ulong chunkStart, ulong dirty)
    {
        long cost = 0;
        while (dirty != 0)
        {
            (int first, int count) = OscChunk.TakeRun(ref dirty);
            ulong start = chunkStart + ((ulong)first << OscChunk.PageShift);
            cost += CostOf(start, start + ((ulong)count << OscChunk.PageShift));
        }
        return cost;
    }

    /// <summary>Pages are to become dirty.</summary>
    /// <param name="bytes">As many.</param>
    /// <param name="grant">Grant to put aside for them.</param>
    public CacheEntry Enter(long bytes, long grant)
    {
        using (_lock.Enter())
        {
            if (!_hasGrant || bytes > _maxDirty)
                return CacheEntry.Sync;
            if (_dirty + bytes > _maxDirty)
                return CacheEntry.Wait;
            if (grant > _available)
                return _dirty > 0 ? CacheEntry.Wait : CacheEntry.Sync;
            _available -= grant;
            _aside += grant;
            _dirty += bytes;
            return CacheEntry.Entered;
        }
    }

    /// <summary>Dirty pages are sent.</summary>
    /// <param name="aside">Put aside for them.</param>
    /// <param name="cost">What they cost together; the rest is free again.</param>
    public void Send(long aside, long cost)
    {
        using (_lock.Enter())
        {
            _aside -= aside;
            _spent += cost;
            _available += aside - cost;
            Lassert.That(_aside >= 0 && aside >= cost);
        }
    }

    /// <summary>
    /// Pages that were sent are clean, or lost. What a failed write has cost is gone: the OST may have reckoned it.
    /// </summary>
    /// <param name="bytes">As many.</param>
    /// <param name="cost">What <see cref="Send"/> spent.</param>
    /// <param name="unsent">It never went out, or was sent to an OST that has forgotten us: when it was announced; null
    /// where it was answered.</param>
    public void Sent(long bytes, long cost, GrantStamp? unsent)
    {
        using (_lock.Enter())
        {
            _dirty -= bytes;
            _spent -= cost;
            if (unsent is { } stamp && (stamp == default || stamp.Life != _stamp.Life))
                _available += cost;
            Lassert.That(_dirty >= 0 && _spent >= 0);
        }
    }

    /// <summary>Dirty pages are dropped unsent.</summary>
    public void Drop(long bytes, long aside)
    {
        using (_lock.Enter())
        {
            _dirty -= bytes;
            _aside -= aside;
            _available += aside;
            Lassert.That(_dirty >= 0 && _aside >= 0);
        }
    }

    /// <summary>A reply brings new grant; not one to a request of an earlier connection.</summary>
    /// <param name="reply">Of the OST.</param>
    /// <param name="announced">What <see cref="Announce"/> returned for the request.</param>
    public void Receive(in Obdo reply, GrantStamp announced)
    {
        if ((reply.Valid & MdtValid.FLGRANT) == 0 || reply.Grant > long.MaxValue / 2)
            return;
        using (_lock.Enter())
        {
            if (announced == _stamp)
                _available += (long)reply.Grant;
        }
    }

    /// <summary>Tells the OST how things stand, so that both books agree; <paramref name="wanted"/> is what we could
    /// use.</summary>
    public GrantStamp Announce(ref Obdo request, long wanted)
    {
        using (_lock.Enter())
        {
            request.Valid |= MdtValid.FLBLOCKS | MdtValid.FLGRANT;
            request.Blocks = (ulong)(_hasParameters ? _aside + _spent : _dirty);
            wanted = Math.Max(wanted, _maxDirty);
            if (_hasParameters && _maxExtent != long.MaxValue)
                wanted += (wanted + _maxExtent - 1) / _maxExtent * _tax;
            request.Mode = (uint)Math.Min(wanted, MaxGrant);
            request.Grant = (ulong)Math.Max(0, _available);
            request.Misc = 0;           // o_dropped: we lose none that the OST still has on its book
            return _stamp;
        }
    }

    /// <summary>Gives up grant beyond <paramref name="target"/>; how much.</summary>
    public long TakeSpare(long target)
    {
        using (_lock.Enter())
        {
            long spare = Math.Max(0, _available - target);
            _available -= spare;
            return spare;
        }
    }

    /// <summary>The OST did not take back what was given up, and no connection has settled it since.</summary>
    public void GiveBack(long spare, GrantStamp announced)
    {
        using (_lock.Enter())
        {
            if (announced == _stamp)
                _available += spare;
        }
    }
}
