using Lustrous.Utils.Decode;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Tests.Decode;

/// <summary>Decodes each LNet message, encodes it again, and notes what is not as it was.</summary>
sealed class ReencodingSink : ICaptureSink
{
    const int MaxFailures = 10;

    readonly MessageDecoder _decoder = new();

    public List<string> Failures { get; } = [];

    public int LustreMessages { get; private set; }

    public void Item(CapturedItem item)
    {
        if (item.Kind != CapturedItemKind.LNetMessage)
            return;
        DecodedMessage message = _decoder.Decode(item);
        if (message.IsLustre)
        {
            LustreMessages++;
            var part = (MessagePart)message.Payload!;
            // Of a reply whose request lies before the excerpt, nobody knows which format it has.
            bool formatKnown = !message.IsReply || message.LatencyNanoseconds >= 0;
            if (formatKnown && part.KnownBuffers != part.Inner.Count)
                Fail(message, $"the format has {part.KnownBuffers} fields for {part.Inner.Count} buffers");
        }
        if (message.Undecoded > 0)
            Fail(message, $"{message.Undecoded} bytes are not decoded");
        byte[] encoded = MessageEncoder.Encode(message);
        int same = encoded.AsSpan().CommonPrefixLength(item.Bytes.Span);
        if (same != encoded.Length || same != item.Bytes.Length)
            Fail(message, $"encoded, byte {same} of {item.Bytes.Length} differs");
    }

    public void Problem(CaptureProblem problem) => Failures.Add(problem.ToString());

    void Fail(DecodedMessage message, string what)
    {
        if (Failures.Count < MaxFailures)
            Failures.Add($"packet {message.Item.PacketNumber} {message.Name} reply={message.IsReply}: {what}");
    }
}
