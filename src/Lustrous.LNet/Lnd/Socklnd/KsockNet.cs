using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>One of our interfaces on TCP (<c>struct ksock_net</c>): its listener and its peers.</summary>
sealed class KsockNet(KsockLnd lnd, LNetInterface ni, ulong incarnation)
{
    readonly ConcurrentDictionary<Nid, KsockPeer> _peers = new();

    public LNetInterface Ni { get; } = ni;

    /// <summary>Tells this life of the interface from earlier ones.</summary>
    public ulong Incarnation { get; } = incarnation;

    public KsockListener? Listener { get; set; }

    public ICollection<KsockPeer> Peers => _peers.Values;

    /// <summary>The HELLO version that fits this interface's address.</summary>
    public int PreferredVersion => Ni.Nid.IsNid4 ? KsockWire.Version3 : KsockWire.Version4;

    /// <summary>NIDs in the order that settles connection races: by their bytes on the wire.</summary>
    public static int Compare(Nid a, Nid b) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<Nid>(in a)).SequenceCompareTo(
            MemoryMarshal.AsBytes(new ReadOnlySpan<Nid>(in b)));

    public void Send(LNetMessage message)
    {
        while (!Get(message.NextHop).Send(message))
        {
            // The peer was removed between finding it and using it.
        }
    }

    /// <summary>Finds a home for a connection that was dialled to us; none when its peer must dial again.</summary>
    public KsockPeer? Accept(KsockConn conn, in KsockHello hello)
    {
        while (true)
        {
            KsockPeer peer = Get(hello.SourceNid);
            if (peer.Accept(conn, hello, out bool removed))
                return peer;
            if (!removed)
                return null;
        }
    }

    public void ClosePeer(Nid nid)
    {
        if (_peers.TryGetValue(nid, out KsockPeer? peer))
            peer.CloseConnections(Errno.ESHUTDOWN, dialToo: true);
    }

    public void Remove(KsockPeer peer) => _peers.TryRemove(KeyValuePair.Create(peer.Nid, peer));

    KsockPeer Get(Nid nid) => _peers.TryGetValue(nid, out KsockPeer? peer)
        ? peer
        : _peers.GetOrAdd(nid, static (key, of) => new KsockPeer(of.lnd, of.net, key), (lnd, net: this));
}
