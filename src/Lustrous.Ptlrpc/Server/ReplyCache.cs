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
    readonly SortedDictionary<ulong, byte[]> _replies = [];    // guarded by _lock

    public int Count
    {
        get
        {
            using (_lock.Enter())
                return _replies.Count;
        }
    }

    /// <summary>Keeps a copy of a reply message.</summary>
    public void Add(ulong xid, ReadOnlySpan<byte> reply)
    {
        byte[] copy = reply.ToArray();
        using (_lock.Enter())
        {
            if (_replies.Count >= MaxReplies && !_replies.ContainsKey(xid))
                _replies.Remove(First());
            _replies[xid] = copy;
        }
    }

    public bool TryGet(ulong xid, [NotNullWhen(true)] out byte[]? reply)
    {
        using (_lock.Enter())
            return _replies.TryGetValue(xid, out reply);
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
        using SortedDictionary<ulong, byte[]>.Enumerator e = _replies.GetEnumerator();
        e.MoveNext();
        return e.Current.Key;
    }
}
