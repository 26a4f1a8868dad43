namespace Lustrous.Utils.Decode.Capture;

/// <summary>Something in a capture that could not be read, and where; decoding went on after it.</summary>
/// <param name="PacketNumber">The packet at or before the place; 0 before the first.</param>
/// <param name="FileOffset">Byte of the (unpacked) file.</param>
/// <param name="Text">What is wrong there.</param>
public sealed record CaptureProblem(long PacketNumber, long FileOffset, string Text)
{
    /// <summary>The TCP stream, when the problem is in one.</summary>
    public CapturedConnection? Connection { get; init; }

    public CaptureDirection Direction { get; init; }

    /// <summary>Byte of the stream in that direction.</summary>
    public long StreamOffset { get; init; }

    /// <summary>Bytes the peers exchanged that the capture does not hold.</summary>
    public long MissingBytes { get; init; }

    /// <summary>Bytes the capture holds that are part of no item.</summary>
    public long UndecodedBytes { get; init; }

    public override string ToString() => Connection is null
        ? $"packet {PacketNumber}, byte {FileOffset}: {Text}"
        : $"packet {PacketNumber}, {Connection.Describe(Direction)} byte {StreamOffset}: {Text}";
}
