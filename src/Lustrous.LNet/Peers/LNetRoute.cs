using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Peers;

/// <summary>A way to a net that we are not on (<c>struct lnet_route</c>).</summary>
public sealed class LNetRoute
{
    internal LNetRoute(uint net, Nid gateway, int hops, int priority, LNetPeerInterface peer)
    {
        Net = net;
        Gateway = gateway;
        Hops = hops;
        Priority = priority;
        Peer = peer;
    }

    public uint Net { get; }

    /// <summary>The router's address on a net of ours.</summary>
    public Nid Gateway { get; }

    public int Hops { get; }

    /// <summary>Lower is taken first.</summary>
    public int Priority { get; }

    /// <summary>The router as a peer, with its health.</summary>
    public LNetPeerInterface Peer { get; }

    internal bool IsBetterThan(LNetRoute other)
    {
        if (Peer.Alive != other.Peer.Alive)
            return Peer.Alive;
        if (Priority != other.Priority)
            return Priority < other.Priority;
        if (Peer.Health != other.Peer.Health)
            return Peer.Health > other.Peer.Health;
        return Hops != other.Hops ? Hops < other.Hops : Peer.SentMessages < other.Peer.SentMessages;
    }
}
