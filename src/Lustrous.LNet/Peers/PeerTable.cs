using System.Collections.Concurrent;
using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Peers;

/// <summary>Every peer, by each of its NIDs. Looked up without a lock; changed under one.</summary>
sealed class PeerTable(int bound, Func<Nid, bool> isLocal)
{
    readonly ConcurrentDictionary<Nid, LNetPeerInterface> _byNid = new();
    readonly List<LNetPeer> _peers = [];    // guarded by Lock; in order of appearance

    public RankedLock Lock { get; } = new RankedLock(30, "lnet_peers");

    public LNetPeerInterface? Find(Nid nid) => _byNid.GetValueOrDefault(nid);

    /// <summary>Records a NID as a peer of its own if it is new; null when the table is full.</summary>
    public LNetPeerInterface? GetOrAdd(Nid nid)
    {
        if (_byNid.TryGetValue(nid, out LNetPeerInterface? found))
            return found;
        using (Lock.Enter())
        {
            if (_byNid.TryGetValue(nid, out found))
                return found;
            if (_peers.Count >= bound)
                return null;
            var added = new LNetPeerInterface(nid);
            _peers.Add(added.Peer);
            _byNid[nid] = added;
            return added;
        }
    }

    public Nid Primary(Nid nid) => Find(nid) is { } known ? known.Peer.PrimaryNid : nid;

    /// <summary>Two NIDs of one peer; all of ours are one, too.</summary>
    public bool AreSamePeer(Nid left, Nid right) =>
        left == right
        || (Find(left) is { } known && Find(right) is { } other && known.Peer == other.Peer)
        || (isLocal(left) && isLocal(right));

    public LNetPeer[] Snapshot()
    {
        using (Lock.Enter())
            return [.. _peers];
    }

    /// <summary>
    /// Takes what a peer says of itself: NIDs it names become its own, those it no longer names become peers of their
    /// own.
    /// </summary>
    /// <returns>NIDs that were left out because another peer, known from traffic of its own, has them: whoever names
    /// somebody else's NID must not get that peer's messages.</returns>
    public List<Nid> Merge(LNetPeerInterface speaker, LNetPingReply told)
    {
        List<Nid> refused = [];
        using (Lock.Enter())
        {
            LNetPeer peer = speaker.Peer;
            peer.Features = told.Features;
            peer.Sequence = told.Sequence;
            List<LNetPeerInterface> interfaces = [];
            foreach (LNetPingEntry entry in told.Entries)
            {
                LNetPeerInterface? mine = Claim(peer, entry.Nid, refused);
                if (mine is null || interfaces.Contains(mine))
                    continue;
                mine.Alive = entry.Up;
                interfaces.Add(mine);
            }
            // The address it spoke from is its own, whatever its list says.
            if (!interfaces.Contains(speaker))
                interfaces.Add(speaker);
            foreach (LNetPeerInterface gone in peer.InterfaceSpan)
            {
                if (interfaces.Contains(gone))
                    continue;
                gone.Peer = new LNetPeer(gone);
                // What nobody has ever been heard from would only fill the table.
                if (gone.HeardFrom)
                    _peers.Add(gone.Peer);
                else
                    _byNid.TryRemove(gone.Nid, out _);
            }
            peer.PrimaryNid = interfaces[0].Nid;
            peer.Replace([.. interfaces]);
        }
        return refused;
    }

    LNetPeerInterface? Claim(LNetPeer peer, Nid nid, List<Nid> refused)
    {
        if (isLocal(nid))
            return null;
        if (!_byNid.TryGetValue(nid, out LNetPeerInterface? known))
        {
            if (_byNid.Count >= bound)
                return null;
            known = new LNetPeerInterface(nid) { Peer = peer };
            _byNid[nid] = known;
            return known;
        }
        if (known.Peer == peer)
            return known;
        if (known.Peer.InterfaceSpan.Length > 1 || known.Peer.Sequence != 0 || known.HeardFrom)
        {
            refused.Add(nid);
            return null;
        }
        _peers.Remove(known.Peer);
        known.Peer = peer;
        return known;
    }

    /// <summary>Makes two peers one, when both named each other.</summary>
    public void Join(LNetPeer into, LNetPeer other)
    {
        using (Lock.Enter())
        {
            if (into == other)
                return;
            foreach (LNetPeerInterface moved in other.InterfaceSpan)
                moved.Peer = into;
            into.Replace([.. into.InterfaceSpan, .. other.InterfaceSpan]);
            _peers.Remove(other);
        }
    }
}
