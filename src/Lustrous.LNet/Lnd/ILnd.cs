using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd;

/// <summary>
/// A network driver: carries messages between this node and others on one kind of network (<c>struct lnet_lnd</c>). It
/// knows connections and bytes; matching, events and peers are LNet's.
/// </summary>
public interface ILnd : IAsyncDisposable
{
    LNetType Type { get; }

    /// <summary>
    /// Starts to listen and to carry for <paramref name="ni"/>. EADDRINUSE, EACCES, EADDRNOTAVAIL when it cannot.
    /// </summary>
    ValueTask<Errno> StartupAsync(LNetInterface ni, CancellationToken cancel);

    /// <summary>
    /// Takes a message to carry to <see cref="LNetMessage.NextHop"/>, connecting first where needed; returns at once.
    /// Ends it by calling <see cref="LNetMessage.Complete"/> exactly once, on any thread, holding no lock.
    /// </summary>
    void Send(LNetMessage message);

    /// <summary>Closes the connections to a peer; its queued messages complete with ESHUTDOWN.</summary>
    void ClosePeer(LNetInterface ni, Nid peer);
}

/// <summary>What LNet offers the drivers of its interfaces; implemented by <see cref="LNetNode"/>.</summary>
public interface ILndUpcalls
{
    /// <summary>
    /// Says where a message whose header has arrived belongs. On <c>OK</c> the driver puts the first
    /// <see cref="LNetReceive.DestinationLength"/> payload bytes into <see cref="LNetReceive.Destination"/>, throws the
    /// rest away, and calls <see cref="LNetReceive.Complete"/>. EPROTO: the peer broke the protocol, close the
    /// connection.
    /// </summary>
    /// <param name="ni">The interface it came in on.</param>
    /// <param name="header">The header in host form; checked here, not by the driver.</param>
    /// <param name="from">The peer interface at the other end of the connection.</param>
    /// <param name="receive">One object per connection, used again for each message.</param>
    Errno Parse(LNetInterface ni, in LNetHeader header, Nid from, LNetReceive receive);

    /// <summary>A peer's connections all went away, or came up; feeds peer health.</summary>
    void NotifyPeer(LNetInterface ni, Nid peer, bool alive);
}
