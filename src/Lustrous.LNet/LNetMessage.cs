using Lustrous.Idl.LNet;
using Lustrous.LNet.Matching;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet;

/// <summary>A message on its way out. Pooled: a driver must not touch it after <see cref="Complete"/>.</summary>
public sealed partial class LNetMessage
{
    /// <summary>What goes on the wire, with <c>PayloadLength</c> set.</summary>
    public LNetHeader Header;

    /// <summary>The peer interface it is handed to next.</summary>
    public Nid NextHop { get; internal set; }

    /// <summary>The interface it leaves through.</summary>
    public LNetInterface Interface { get; internal set; } = null!;

    /// <summary>
    /// Payload memory; valid until <see cref="Complete"/>. The payload starts <see cref="PayloadOffset"/> bytes in.
    /// </summary>
    public ReadOnlySpan<IoVec> Payload => _payload.AsSpan(0, _payloadCount);

    /// <summary>Bytes of <see cref="Payload"/> to skip (always within the first fragment).</summary>
    public int PayloadOffset { get; internal set; }

    public int PayloadLength => (int)Header.PayloadLength;

    /// <summary>Links messages in a driver's queue.</summary>
    public LNetMessage? NextQueued { get; set; }

    /// <summary>The driver's own, while it has the message (a byte count, a cookie).</summary>
    public long DriverState { get; set; }

    IoVec[] _payload = [];
    int _payloadCount;

    internal ILNetCompletions Node { get; init; } = null!;

    internal LNetMessage? NextFree { get; set; }

    /// <summary>Whose bytes it carries or answers; null for an ACK.</summary>
    internal MemoryDescriptor? Descriptor { get; set; }

    /// <summary>The event that its completion delivers.</summary>
    internal EventInfo Event;

    internal LNetProcessId Target { get; set; }

    /// <summary>The address of ours it must leave from; Any lets the path choice decide.</summary>
    internal Nid Self { get; set; }

    /// <summary>
    /// Of an ACK or REPLY: the interface that what it answers came from, for the way back through a router.
    /// </summary>
    internal Nid AnswerTo { get; set; }

    internal LNetPeerInterface? Peer { get; set; }

    internal int Retries { get; set; }

    internal bool IsResponse { get; set; }

    /// <summary>Goes to exactly that NID, whatever else the peer has: pings, pushes.</summary>
    internal bool ExactTarget { get; set; }

    /// <summary>A buffer that lolnd may hand over instead of its bytes.</summary>
    internal PooledBuffer? Movable { get; set; }

    /// <summary>
    /// The driver is done with it: handed to the network (<c>OK</c>), or why not. Gives the message back to LNet.
    /// </summary>
    public void Complete(Errno status) => Node.OnSendComplete(this, status);

    /// <summary>The fragments that cover the payload, copied in.</summary>
    internal void SetPayload(ReadOnlySpan<IoVec> fragments)
    {
        if (_payload.Length < fragments.Length)
            _payload = new IoVec[fragments.Length];
        fragments.CopyTo(_payload);
        _payloadCount = fragments.Length;
    }

    /// <summary>Takes <paramref name="length"/> bytes of a descriptor as the payload.</summary>
    internal void SetPayload(MemoryDescriptor md, int offset, int length)
    {
        SetPayload(md.Slice(offset, length, out int skip));
        PayloadOffset = skip;
        Header.PayloadLength = (uint)length;
    }

    internal void Reset()
    {
        Header = default;
        Event = default;
        _payloadCount = 0;
        PayloadOffset = 0;
        NextQueued = null;
        DriverState = 0;
        Descriptor = null;
        Interface = null!;
        Self = Nid.Any;
        Peer = null;
        Retries = 0;
        IsResponse = false;
        ExactTarget = false;
        Movable = null;
    }
}
