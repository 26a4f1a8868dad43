using System.Diagnostics.CodeAnalysis;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// Replies of one client's requests that must not be executed twice, by xid, until the client says with
/// <c>pb_last_xid</c> that it has them. What Lustre keeps in <c>reply_data</c>, in memory only.
/// </summary>
public sealed class ReplyCache
{
    /// <summary>
    /// Replies kept at most; then the oldest goes. A client has at most <c>ocd_maxmodrpcs</c> such requests in flight
    /// (8 by default, 256 at most), so only one that never moves its last xid gets here.
    /// </summary>
    public const int MaxReplies = 1024;

    readonly RankedLock _lock = new(57, "reply_cache");
    readonly SortedDictionary<ulong, (byte[] Reply, ushort Tag)> _replies = [];    // guarded by _lock

    public int Count
    {
        get
        {
            using (_lock.Enter())
                return _replies.Count;
        }
    }

    /// <summary>Keeps a copy of a reply message.</summary>
    /// <param name="xid">The request.</param>
    /// <param name="reply">The message.</param>
    /// <param name="tag">
    /// The client's slot, 0 for none. A client uses a slot again once it has the reply, so what was kept for the slot's
    /// earlier request goes (tgt_clean_by_tag).
    /// </param>
    public void Add(ulong xid, ReadOnlySpan<byte> reply, ushort tag = 0)
    {
        byte[] copy = reply.ToArray();
        using (_lock.Enter())
        {
            if (tag != 0 && FindByTag(tag, xid, later: false) is var earlier and not 0)
                _replies.Remove(earlier);
            if (_replies.Count >= MaxReplies && !_replies.ContainsKey(xid))
                _replies.Remove(First());
            _replies[xid] = (copy, tag);
        }
    }

    public bool TryGet(ulong xid, [NotNullWhen(true)] out byte[]? reply)
    {
        using (_lock.Enter())
            reply = _replies.GetValueOrDefault(xid).Reply;
        return reply is not null;
    }

    /// <summary>
    /// Whether a later request has gone through the slot: then the client has long had the answer to this one
    /// (tgt_check_lookup_req).
    /// </summary>
    public bool IsObsolete(ulong xid, ushort tag)
    {
        using (_lock.Enter())
            return tag != 0 && FindByTag(tag, xid, later: true) != 0;
    }

    /// <summary>Drops the replies up to and with <paramref name="lastXid"/>.</summary>
    public void Prune(ulong lastXid)
    {
        using (_lock.Enter())
        {
            while (_replies.Count > 0 && First() is var xid && xid <= lastXid)
                _replies.Remove(xid);
        }
    }

    public void Clear()
    {
        using (_lock.Enter())
            _replies.Clear();
    }

    ulong First()
    {
        using SortedDictionary<ulong, (byte[] Reply, ushort Tag)>.Enumerator e = _replies.GetEnumerator();
        e.MoveNext();
        return e.Current.Key;
    }

    /// <summary>A reply kept for the slot, of a request later or earlier than this; 0 when there is none.</summary>
    ulong FindByTag(ushort tag, ulong xid, bool later)
    {
        foreach ((ulong known, (byte[] _, ushort knownTag)) in _replies)
        {
            if (knownTag == tag && known != xid && known > xid == later)
                return known;
        }
        return 0;
    }
}
