namespace Lustrous.LNet;

/// <summary>Where one incoming message goes: filled by <c>Parse</c>, carried out by the driver. One per connection.</summary>
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

    /// <summary>The payload is in place (<c>OK</c>), or the connection died first. Delivers the event and sends an ACK or REPLY.</summary>
    public void Complete(Errno status) => Node!.OnReceiveComplete(this, status);

    /// <summary>The fragments that the payload goes to, copied in.</summary>
    internal void SetDestination(ReadOnlySpan<IoVec> fragments)
    {
        if (_destination.Length < fragments.Length)
            _destination = new IoVec[fragments.Length];
        fragments.CopyTo(_destination);
        _destinationCount = fragments.Length;
    }
}
