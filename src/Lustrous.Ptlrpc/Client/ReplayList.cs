namespace Lustrous.Ptlrpc.Client;

/// <summary>
/// Answered requests that a restarted target might have lost, in order of transno (<c>imp_replay_list</c> and
/// <c>imp_committed_list</c>).
/// </summary>
/// <remarks>Guarded by imp_lock. Source: ptlrpc_retain_replayable_request, ptlrpc_free_committed,
/// ptlrpc_replay_next.</remarks>
public sealed class ReplayList<T> where T : class, IReplayable<T>
{
    readonly LinkedList<T> _uncommitted = new();
    readonly LinkedList<T> _committed = new();      // kept although committed
    ulong _lastChecked;
    int _generationChecked;

    public int Count => _uncommitted.Count + _committed.Count;

    /// <summary>Last transno of which the target has said that it is on disk.</summary>
    public ulong PeerCommitted { get; private set; }

    /// <summary>The lowest transno in the list, which a connect request may announce; 0 when empty.</summary>
    public ulong FirstTransno => Next(0, 0)?.Transno ?? 0;

    /// <summary>Whether a commit is awaited: then the pinger asks soon.</summary>
    public bool IsCommitExpected => _uncommitted.Last is { } last && last.Value.Transno > PeerCommitted;

    public static bool Contains(T request) => request.ReplayNode.List is not null;

    /// <summary>Keeps an answered request; says whether it is new here.</summary>
    public bool Retain(T request)
    {
        Lassert.That(request.Transno != 0);
        if (Contains(request))
            return false;
        // A reply may come after one that has told of its commit.
        bool isCommitted = request.Transno <= PeerCommitted && request.KeepForReplay;
        Insert(isCommitted ? _committed : _uncommitted, request.ReplayNode);
        return true;
    }

    /// <summary>Notes how far the target has committed; it never goes back.</summary>
    public void Committed(ulong transno) => PeerCommitted = Math.Max(PeerCommitted, transno);

    /// <summary>
    /// Lets go of what needs no replay any more: committed and not kept, or of an older generation
    /// (<c>ptlrpc_free_committed</c>).
    /// </summary>
    /// <param name="generation">The import's.</param>
    /// <param name="released">Gets what has left the list.</param>
    public void Prune(int generation, List<T> released)
    {
        bool newGeneration = generation != _generationChecked;
        if (PeerCommitted == _lastChecked && !newGeneration)
            return;
        LinkedListNode<T>? next;
        for (LinkedListNode<T>? node = _uncommitted.First; node is not null; node = next)
        {
            next = node.Next;
            bool isStale = node.Value.Generation < generation;
            if (!isStale && node.Value.Transno > PeerCommitted)
                break;
            _uncommitted.Remove(node);
            if (!isStale && node.Value.KeepForReplay)
                Insert(_committed, node);
            else
                released.Add(node.Value);
        }
        if (newGeneration)
        {
            for (LinkedListNode<T>? node = _committed.First; node is not null; node = next)
            {
                next = node.Next;
                if (node.Value.Generation >= generation && node.Value.KeepForReplay)
                    continue;
                _committed.Remove(node);
                released.Add(node.Value);
            }
        }
        (_lastChecked, _generationChecked) = (PeerCommitted, generation);
    }

    /// <summary>An owner lets go of a request that was kept: it leaves now if it is committed, else with its
    /// commit.</summary>
    public bool LetGo(T request)
    {
        if (request.ReplayNode.List != _committed)
            return false;
        _committed.Remove(request.ReplayNode);
        return true;
    }

    /// <summary>The first request behind the one with this transno and xid; null when all have been
    /// replayed.</summary>
    public T? Next(ulong lastTransno, ulong lastXid)
    {
        T? committed = Next(_committed, lastTransno, lastXid);
        T? uncommitted = Next(_uncommitted, lastTransno, lastXid);
        if (committed is null || uncommitted is null)
            return committed ?? uncommitted;
        return IsBefore(committed, uncommitted) ? committed : uncommitted;
    }

    /// <summary>Empties it, whatever is committed or kept.</summary>
    public void Clear(List<T> released)
    {
        released.AddRange(_committed);
        released.AddRange(_uncommitted);
        _committed.Clear();
        _uncommitted.Clear();
    }

    static T? Next(LinkedList<T> list, ulong lastTransno, ulong lastXid)
    {
        foreach (T request in list)
        {
            if (request.Transno > lastTransno || (request.Transno == lastTransno && request.Xid > lastXid))
                return request;
        }
        return null;
    }

    static void Insert(LinkedList<T> list, LinkedListNode<T> node)
    {
        LinkedListNode<T>? after = list.Last;
        while (after is not null && IsBefore(node.Value, after.Value))
            after = after.Previous;
        if (after is null)
            list.AddFirst(node);
        else
            list.AddAfter(after, node);
    }

    // A create and the open that follows it may have one transno: the xid then tells the order.
    static bool IsBefore(T a, T b) => a.Transno < b.Transno || (a.Transno == b.Transno && a.Xid < b.Xid);
}
