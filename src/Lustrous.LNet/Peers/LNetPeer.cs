using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Peers;

/// <summary>How far discovery of a peer has come.</summary>
enum DiscoveryState
{
    Unknown,
    Running,
    Done,
}

/// <summary>A node we talk to, with all of its addresses that we know (<c>struct lnet_peer</c>).</summary>
public sealed class LNetPeer
{
    LNetPeerInterface[] _interfaces;    // replaced, never changed; guarded by the peer table's lock for writing

    internal LNetPeer(LNetPeerInterface first)
    {
        PrimaryNid = first.Nid;
        _interfaces = [first];
    }

    /// <summary>The NID under which messages from any of its addresses are reported.</summary>
    public Nid PrimaryNid { get; internal set; }

    public IReadOnlyList<LNetPeerInterface> Interfaces => Volatile.Read(ref _interfaces);

    /// <summary>What it announced when it was last asked or pushed.</summary>
    public PingFeatures Features { get; internal set; }

    /// <summary>Sequence number of its newest list.</summary>
    public uint Sequence { get; internal set; }

    internal ReadOnlySpan<LNetPeerInterface> InterfaceSpan => Volatile.Read(ref _interfaces);

    // Discovery before the first message; guarded by the peer table's lock.
    internal DiscoveryState Discovery { get; set; }

    internal Queue<LNetMessage>? WaitingForDiscovery { get; set; }

    internal void Replace(LNetPeerInterface[] interfaces) => Volatile.Write(ref _interfaces, interfaces);
}
