using Lustrous.Idl.LNet;
using Lustrous.LNet.Matching;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet;

/// <summary>
/// Where one incoming message goes: filled by <c>Parse</c>, carried out by the driver. One per connection.
/// </summary>
public sealed partial class LNetReceive
{
    /// <summary>Where the first <see cref="DestinationLength"/> bytes of the payload belong.</summary>
    public ReadOnlySpan<IoVec> Destination => _destination.AsSpan(0, _destinationCount);

    /// <summary>Bytes of <see cref="Destination"/> to skip (always within the first fragment).</summary>
    public int DestinationOffset { get; internal set; }

    /// <summary>Bytes to keep; what the payload has beyond that is read and thrown away.</summary>
    public int DestinationLength { get; internal set; }

    IoVec[] _destination = [];
    int _destinationCount;

    internal ILNetCompletions? Node { get; set; }

    internal ReceiveKind Kind { get; set; }

    internal MemoryDescriptor? Descriptor { get; set; }

    internal EventInfo Event;

    internal LNetHeader Header;

    internal Nid From { get; set; }

    internal LNetInterface Interface { get; set; } = null!;

    internal LNetPeerInterface? Peer { get; set; }

    internal bool AckWanted { get; set; }

    /// <summary>The REPLY to a GET, ready to go.</summary>
    internal LNetMessage? Reply { get; set; }

    /// <summary>Holds the payload of a PUT that has to wait for a descriptor.</summary>
    internal PooledBuffer? DelayBuffer { get; set; }

    /// <summary>The sender's buffer, if its owner may change (lolnd sets it before <c>Parse</c>).</summary>
    internal PooledBuffer? Movable { get; set; }

    /// <summary>Says, after <c>Parse</c>, that <see cref="Movable"/> now belongs to the receiver.</summary>
    internal bool Moved { get; set; }

    /// <summary>
    /// The payload is in place (<c>OK</c>), or the connection died first. Delivers the event and sends an ACK or REPLY.
    /// </summary>
    public void Complete(Errno status) => Node!.OnReceiveComplete(this, status);

    /// <summary>The fragments that the payload goes to, copied in.</summary>
    internal void SetDestination(ReadOnlySpan<IoVec> fragments)
    {
        if (_destination.Length < fragments.Length)
            _destination = new IoVec[fragments.Length];
        fragments.CopyTo(_destination);
        _destinationCount = fragments.Length;
    }

    internal void SetDestination(MemoryDescriptor md, int offset, int length)
    {
        SetDestination(md.Slice(offset, length, out int skip));
        DestinationOffset = skip;
        DestinationLength = length;
    }

    /// <summary>Starts as a message that is thrown away.</summary>
    internal void Start(ILNetCompletions node, LNetInterface ni, in LNetHeader header, Nid from)
    {
        Node = node;
        Interface = ni;
        Header = header;
        From = from;
        Event = default;
        Kind = ReceiveKind.Drop;
        Descriptor = null;
        Peer = null;
        Reply = null;
        DelayBuffer = null;
        AckWanted = false;
        Moved = false;
        _destinationCount = 0;
        DestinationOffset = 0;
        DestinationLength = 0;
    }
}

/// <summary>What happens once the payload of a message has arrived.</summary>
enum ReceiveKind
{
    Drop,
    /// <summary>An event for a descriptor, after a PUT perhaps an ACK.</summary>
    Event,
    /// <summary>A REPLY is sent.</summary>
    Get,
    /// <summary>It waits at a lazy portal.</summary>
    Delay,
}
