namespace Lustrous.Utils.Decode.Capture;

/// <summary>One recorded frame.</summary>
/// <param name="Number">From 1, as other tools count them.</param>
/// <param name="FileOffset">Byte of the (unpacked) file where its record begins.</param>
/// <param name="TimeNanoseconds">When it was recorded, since 1970.</param>
/// <param name="LinkType">What the frame begins with.</param>
/// <param name="Data">What was kept of the frame; valid until the next read.</param>
/// <param name="OriginalLength">Bytes the frame had on the network.</param>
public readonly record struct CapturePacket(
    long Number, long FileOffset, long TimeNanoseconds, LinkType LinkType, ReadOnlyMemory<byte> Data,
    int OriginalLength);
