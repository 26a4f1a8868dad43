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
    public LNetNode(NodeContext context) => Context = context;

    public NodeContext Context { get; }

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
    /// Sends <paramref name="md"/>'s bytes (LNetPut). SEND follows when they have left, and ACK when one was asked for and
    /// came; a failure comes as the event's status, never as an exception.
    /// </summary>
    /// <param name="md">A free-floating source; its <c>Threshold</c> counts SEND and ACK, as in LNet.</param>
    /// <param name="offset">Where in <paramref name="md"/> the payload starts.</param>
    /// <param name="length">Payload bytes.</param>
    /// <param name="ackWanted">Asks the target for an ACK.</param>
    /// <param name="self">Send from this address of ours; <see cref="Nid.Any"/> lets LNet choose.</param>
    /// <param name="remoteOffset">Where in the target's descriptor it goes, if that is remote-managed.</param>
    public void Put(
        MemoryDescriptor md, int offset, int length, bool ackWanted, Nid self, LNetProcessId target, int portal,
        ulong matchBits, int remoteOffset, ulong headerData) => throw new NotImplementedException();

    /// <summary>Fetches bytes into <paramref name="md"/> (LNetGet). SEND, then REPLY.</summary>
    public void Get(
        MemoryDescriptor md, Nid self, LNetProcessId target, int portal, ulong matchBits, int remoteOffset) =>
        throw new NotImplementedException();

    public Errno Parse(LNetInterface ni, in LNetHeader header, Nid from, LNetReceive receive) =>
        throw new NotImplementedException();

    public void NotifyPeer(LNetInterface ni, Nid peer, bool alive) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();

    void ILNetCompletions.OnSendComplete(LNetMessage message, Errno status) => throw new NotImplementedException();

    void ILNetCompletions.OnReceiveComplete(LNetReceive receive, Errno status) => throw new NotImplementedException();
}
