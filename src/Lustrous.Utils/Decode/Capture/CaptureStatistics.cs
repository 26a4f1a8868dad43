namespace Lustrous.Utils.Decode.Capture;

/// <summary>What became of a capture's bytes: stream bytes = item bytes + undecoded bytes.</summary>
public sealed class CaptureStatistics
{
    public long Packets { get; internal set; }

    /// <summary>Frames that are no TCP segment of a port that is followed.</summary>
    public long OtherPackets { get; internal set; }

    public int Connections { get; internal set; }

    /// <summary>Bytes of the followed TCP streams, each once.</summary>
    public long StreamBytes { get; internal set; }

    public long ItemBytes { get; internal set; }

    /// <summary>Bytes that are part of no item.</summary>
    public long UndecodedBytes { get; internal set; }

    /// <summary>Bytes the peers exchanged that the capture does not hold.</summary>
    public long MissingBytes { get; internal set; }

    public long Items { get; internal set; }

    public long Problems { get; internal set; }
}
