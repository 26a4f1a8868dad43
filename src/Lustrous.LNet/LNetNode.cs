using Lustrous.Idl.LNet;
using Lustrous.LNet.Lnd;

namespace Lustrous.LNet;

/// <summary>Whether an attached descriptor outlives its use (<c>enum lnet_unlink</c>).</summary>
public enum MdUnlink
{
    Retain,
    Unlink,
}

/// <summary>Where a new match entry goes among those of its portal (<c>enum lnet_ins_pos</c>).</summary>
public enum MatchPosition
{
    Before,
    After,
}

/// <summary>The LNet of one node: interfaces, portals with their match entries, peers (<c>the_lnet</c>).</summary>
public sealed partial class LNetNode : ILndUpcalls, ILNetCompletions, IAsyncDisposable
{
    /// <summary><c>MAX_PORTALS</c></summary>
    public const int PortalCount = 64;

    /// <summary><c>LNET_MTU</c>: most payload bytes of one message.</summary>
    public const int MaxPayload = 1 << 20;

    public LNetNode(NodeContext context, LNetOptions? options = null)
    {
        Context = context;
        Options = options ?? new LNetOptions();
    }

    public NodeContext Context { get; }

    public LNetOptions Options { get; }

    /// <summary>Our interfaces in the order they were added; 0@lo, which every node has, is not among them.</summary>
    public IReadOnlyList<LNetInterface> Interfaces => throw new NotImplementedException();

    /// <summary>PUTs to <paramref name="portal"/> that find no descriptor wait, bounded, for one (LNetSetLazyPortal).</summary>
    public void SetLazyPortal(int portal) => throw new NotImplementedException();

    /// <summary>Ends <see cref="SetLazyPortal"/> and drops what waits (LNetClearLazyPortal).</summary>
    public void ClearLazyPortal(int portal) => throw new NotImplementedException();

    /// <summary>Whether it is one of ours, 0@lo included.</summary>
    public bool IsLocal(Nid nid) => throw new NotImplementedException();

    /// <summary>
    /// The NID that stands for the peer <paramref name="nid"/> belongs to (LNetPrimaryNID); itself when nothing is known. This
    /// is what <see cref="LNetEvent.Initiator"/> carries.
    /// </summary>
    public Nid PrimaryNid(Nid nid) => throw new NotImplementedException();

    /// <summary>Asks a node who it is (<c>lctl ping</c>): its NIDs, features and how long the answer took.</summary>
    public ValueTask<Result<LNetPingReply>> PingAsync(Nid nid, TimeSpan timeout, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>Messages to <paramref name="net"/> go through <paramref name="gateway"/>, a router on a net of ours.</summary>
    public Errno AddRoute(uint net, Nid gateway, int hops = 1, int priority = 0) => throw new NotImplementedException();

    /// <summary>Starts an interface on a driver. A node may have several, also on one driver.</summary>
    public ValueTask<Errno> AddInterfaceAsync(Nid nid, ILnd lnd, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>
    /// Makes a descriptor reachable: PUTs or GETs to <paramref name="portal"/> from <paramref name="match"/> whose match bits
    /// equal <paramref name="matchBits"/> outside <paramref name="ignoreBits"/> (LNetMEAttach + LNetMDAttach).
    /// </summary>
    public Errno Attach(
        int portal, LNetProcessId match, ulong matchBits, ulong ignoreBits, MdUnlink unlink, MatchPosition position,
        MemoryDescriptor md) => throw new NotImplementedException();

    /// <summary>
    /// Takes a descriptor out. Its final event comes with <c>Unlinked</c>: at once when idle, else when the operation under
    /// way ends (LNetMDUnlink). Harmless when it is already out.
    /// </summary>
    public void Unlink(MemoryDescriptor md) => throw new NotImplementedException();

    /// <summary>
    /// Sends <paramref name="md"/>'s bytes (LNetMDBind unless that is done, and LNetPut). SEND follows when they have left, and ACK when one was asked for and
    /// came; a failure comes as the event's status, never as an exception.
    /// </summary>
    /// <param name="md">A free-floating source; its <c>Threshold</c> counts SEND and ACK, as in LNet.</param>
    /// <param name="offset">Where in <paramref name="md"/> the payload starts.</param>
    /// <param name="length">Payload bytes.</param>
    /// <param name="ackWanted">Asks the target for an ACK.</param>
    /// <param name="self">Send from this address of ours; <see cref="Nid.Any"/> lets LNet choose.</param>
    /// <param name="remoteOffset">Where in the target's descriptor it goes, if that is remote-managed.</param>
    /// <returns><c>OK</c>: events follow. Else none does: ENOENT, <paramref name="md"/> is attached, unlinked meanwhile or
    /// has no threshold left; EINVAL, no such range or portal; ESHUTDOWN.</returns>
    public Errno Put(
        MemoryDescriptor md, int offset, int length, bool ackWanted, Nid self, LNetProcessId target, int portal,
        ulong matchBits, int remoteOffset, ulong headerData) => throw new NotImplementedException();

    /// <summary>Fetches bytes into <paramref name="md"/> (LNetGet). SEND and REPLY follow, in any order.</summary>
    /// <returns>As <see cref="Put"/>.</returns>
    public Errno Get(
        MemoryDescriptor md, Nid self, LNetProcessId target, int portal, ulong matchBits, int remoteOffset) =>
        throw new NotImplementedException();

    public Errno Parse(LNetInterface ni, in LNetHeader header, Nid from, LNetReceive receive) =>
        throw new NotImplementedException();

    public void NotifyPeer(LNetInterface ni, Nid peer, bool alive) => throw new NotImplementedException();

    /// <summary>
    /// Stops: disposes the drivers (the node owns them), then unlinks every descriptor; those still linked get a last event
    /// with ECANCELED.
    /// </summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();

    void ILNetCompletions.OnSendComplete(LNetMessage message, Errno status) => throw new NotImplementedException();

    void ILNetCompletions.OnReceiveComplete(LNetReceive receive, Errno status) => throw new NotImplementedException();
}
