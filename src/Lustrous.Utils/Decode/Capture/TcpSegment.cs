namespace Lustrous.Utils.Decode.Capture;

/// <summary>One TCP segment out of a frame.</summary>
/// <param name="PayloadLength">Bytes the segment had; <paramref name="Payload"/> holds fewer where the frame was
/// cut.</param>
readonly record struct TcpSegment(
    CaptureEndpoint Source, CaptureEndpoint Destination, uint Sequence, uint Acknowledgement, TcpFlags Flags,
    ReadOnlyMemory<byte> Payload, int PayloadLength);

[Flags]
enum TcpFlags : byte
{
    Fin = 1,
    Syn = 2,
    Reset = 4,
    Ack = 16,
}
