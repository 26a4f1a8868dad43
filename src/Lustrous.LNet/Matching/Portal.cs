using Lustrous.LNet.Peers;

namespace Lustrous.LNet.Matching;

/// <summary>What a message looks for (<c>struct lnet_match_info</c>).</summary>
struct MatchRequest
{
    public MdOptions Operation;         // OpPut or OpGet
    public LNetProcessId Initiator;     // under its primary NID
    public ulong MatchBits;
    public uint RemoteOffset;
    public int Length;                  // bytes sent or wanted
    public bool Movable;                // the payload's buffer may change hands
}

enum MatchOutcome
{
    /// <summary>No descriptor fits; on a lazy portal one may come.</summary>
    None,
    Found,
    /// <summary>One fits but has no room for so much.</summary>
    TooBig,
}

/// <summary>Where a matched message goes.</summary>
struct MatchResult
{
    public MatchOutcome Outcome;
    public MemoryDescriptor Descriptor;
    public int Offset, Length;          // bytes
    public bool Move;
}

/// <summary>
/// One portal: the descriptors that messages to it may match (<c>struct lnet_portal</c>). Those with ignore bits stand
/// in one list, tried first and in order; the others in a hash by match bits, so that a reply finds its buffer among
/// thousands.
/// </summary>
/// <remarks>Source: lnet/lnet/lib-ptl.c.</remarks>
sealed class Portal(int index, PeerTable peers) : MdOwner(new RankedLock(20, "lnet_portal"))
{
    const int SmallestTable = 64;

    // all guarded by Lock
    readonly MatchList _wildcards = new();
    MatchList[] _exact = CreateTable(SmallestTable);
    int _exactCount;

    public int Index => index;

    /// <summary>PUTs without a match wait; guarded by the lock.</summary>
    public bool Lazy { get; set; }

    /// <summary>A thread is handing out delayed messages; guarded by the lock.</summary>
    public bool Draining { get; set; }

    /// <summary>PUTs that wait, in order of arrival; guarded by the lock.</summary>
    public LinkedList<DelayedPut> Delayed { get; } = new();

    public void Insert(MemoryDescriptor md, MatchPosition position)
    {
        MatchList list = _wildcards;
        if (md.IgnoreBits == 0)
        {
            if (++_exactCount > _exact.Length * 2)
                Grow();
            list = Bucket(md.MatchBits);
        }
        list.Insert(md, position);
    }

    public override void Hide(MemoryDescriptor md)
    {
        if (md.IgnoreBits != 0)
            _wildcards.Remove(md);
        else if (Bucket(md.MatchBits).Remove(md))
            _exactCount--;
    }

    /// <summary>Any descriptor still reachable here.</summary>
    public MemoryDescriptor? Any()
    {
        if (_wildcards.First is { } first)
            return first;
        foreach (MatchList list in _exact)
        {
            if (list.First is { } exact)
                return exact;
        }
        return null;
    }

    /// <summary>Finds the descriptor for a message and commits to it. Called with the lock held.</summary>
    public MatchResult Match(in MatchRequest request)
    {
        MatchResult result = MatchIn(_wildcards, request);
        return result.Outcome == MatchOutcome.None ? MatchIn(Bucket(request.MatchBits), request) : result;
    }

    MatchResult MatchIn(MatchList list, in MatchRequest request)
    {
        for (MemoryDescriptor? md = list.First; md is not null; md = md.NextMatch)
        {
            MatchResult result = TryMatch(md, request);
            if (result.Outcome != MatchOutcome.None)
                return result;
        }
        return default;
    }

    MatchResult TryMatch(MemoryDescriptor md, in MatchRequest request)
    {
        if (md.Exhausted || (md.Options & request.Operation) == 0
            || ((md.MatchBits ^ request.MatchBits) & ~md.IgnoreBits) != 0
            || (md.MatchId.Pid != LNetProcessId.AnyPid && md.MatchId.Pid != request.Initiator.Pid))
            return default;
        if (!md.MatchId.Nid.IsAny && md.MatchId.Nid != request.Initiator.Nid
            && !peers.AreSamePeer(md.MatchId.Nid, request.Initiator.Nid))
            return default;

        if (request.Movable && (md.Options & MdOptions.AcceptMove) != 0)
            return Commit(md, 0, request.Length, move: true);

        bool remote = (md.Options & MdOptions.ManageRemote) != 0;
        // The kernel trusts the peer's offset here; one beyond the descriptor must not reach memory.
        if (remote && request.RemoteOffset > (uint)md.Length)
            return new MatchResult { Outcome = MatchOutcome.TooBig };
        int offset = remote ? (int)request.RemoteOffset : md.CurrentOffset;
        int room = md.Length - offset;
        if ((md.Options & MdOptions.MaxSize) != 0)
            room = Math.Min(room, md.MaxSize);
        if (request.Length > room && (md.Options & MdOptions.Truncate) == 0)
            return new MatchResult { Outcome = MatchOutcome.TooBig };
        return Commit(md, offset, Math.Min(request.Length, room), move: false);
    }

    MatchResult Commit(MemoryDescriptor md, int offset, int length, bool move)
    {
        md.BeginOperation();
        if (!move)
            md.CurrentOffset = offset + length;
        if (md.AutoUnlink && md.Exhausted)
        {
            md.Zombie = true;
            Hide(md);
        }
        return new MatchResult
        {
            Outcome = MatchOutcome.Found,
            Descriptor = md,
            Offset = offset,
            Length = length,
            Move = move,
        };
    }

    MatchList Bucket(ulong matchBits) =>
        _exact[(int)((matchBits * 0x9E3779B97F4A7C15) >> 32) & (_exact.Length - 1)];

    void Grow()
    {
        MatchList[] old = _exact;
        _exact = CreateTable(old.Length * 4);
        foreach (MatchList list in old)
        {
            while (list.First is { } md)
            {
                list.Remove(md);
                Bucket(md.MatchBits).Insert(md, MatchPosition.After);
            }
        }
    }

    static MatchList[] CreateTable(int size)
    {
        var table = new MatchList[size];
        for (int i = 0; i < size; i++)
            table[i] = new MatchList();
        return table;
    }
}

/// <summary>Descriptors in the order in which messages try them, linked through themselves.</summary>
sealed class MatchList
{
    MemoryDescriptor? _last;

    public MemoryDescriptor? First { get; private set; }

    public void Insert(MemoryDescriptor md, MatchPosition position)
    {
        if (First is null)
        {
            First = _last = md;
        }
        else if (position == MatchPosition.Before)
        {
            md.NextMatch = First;
            First.PreviousMatch = md;
            First = md;
        }
        else
        {
            md.PreviousMatch = _last;
            _last!.NextMatch = md;
            _last = md;
        }
    }

    /// <summary>False when it is in no list.</summary>
    public bool Remove(MemoryDescriptor md)
    {
        if (md.PreviousMatch is null && First != md)
            return false;
        if (md.PreviousMatch is null)
            First = md.NextMatch;
        else
            md.PreviousMatch.NextMatch = md.NextMatch;
        if (md.NextMatch is null)
            _last = md.PreviousMatch;
        else
            md.NextMatch.PreviousMatch = md.PreviousMatch;
        md.PreviousMatch = md.NextMatch = null;
        return true;
    }
}
