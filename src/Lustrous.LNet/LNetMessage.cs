using Lustrous.Idl.LNet;

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

    /// <summary>Payload memory; valid until <see cref="Complete"/>. The payload starts <see cref="PayloadOffset"/> bytes in.</summary>
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

    /// <summary>The driver is done with it: handed to the network (<c>OK</c>), or why not. Gives the message back to LNet.</summary>
    public void Complete(Errno status) => Node.OnSendComplete(this, status);

    /// <summary>The fragments that cover the payload, copied in.</summary>
    internal void SetPayload(ReadOnlySpan<IoVec> fragments)
    {
        if (_payload.Length < fragments.Length)
            _payload = new IoVec[fragments.Length];
        fragments.CopyTo(_payload);
        _payloadCount = fragments.Length;
    }
}
