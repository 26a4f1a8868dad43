using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Decode;

/// <summary>One capture, decoded to an output from its first packet to its last.</summary>
sealed class DecodeSession(IDecodeOutput output, IReadOnlyList<int> extraPorts) : ICaptureSink
{
    readonly MessageDecoder _decoder = new();

    /// <summary>Messages of ptlrpc.</summary>
    public long Messages { get; private set; }

    /// <summary>Bytes that belong to no format, in streams and in messages.</summary>
    public long UndecodedBytes { get; private set; }

    /// <summary>Whether something could not be read.</summary>
    public bool Damaged { get; private set; }

    public void Run(CaptureReader reader)
    {
        var capture = new CaptureDecoder(this, extraPorts);
        CaptureStatistics statistics = capture.Run(reader);
        UndecodedBytes += statistics.UndecodedBytes;
        output.Finish(Messages, UndecodedBytes);
    }

    public void Item(CapturedItem item)
    {
        if (item.Kind != CapturedItemKind.LNetMessage)
        {
            output.Control(item);
            return;
        }
        DecodedMessage message = _decoder.Decode(item);
        if (message.IsLustre)
            Messages++;
        UndecodedBytes += message.Undecoded;
        output.Message(message);
        if (message.Undecoded > 0)
        {
            Damaged = true;
            output.Problem(
                $"packet {item.PacketNumber}: {message.Undecoded} bytes of {message.Name} are of no known format");
        }
    }

    public void Problem(CaptureProblem problem)
    {
        Damaged = true;
        output.Problem(problem.ToString());
    }
}
