using Lustrous.LNet;
using Lustrous.Libcfs;
using Lustrous.Utils.Decode;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Tests.Decode;

/// <summary>What is decoded is decoded to the last byte, and encoded again it is what the kernel sent.</summary>
public sealed class ReencodeTests
{
    [Theory, MemberData(nameof(Captures.Excerpts), MemberType = typeof(Captures))]
    public void Every_message_of_an_excerpt_decodes_to_the_last_byte_and_encodes_to_the_same(string name) =>
        Check(Captures.Excerpt(name), leastMessages: 10);

    [Theory, MemberData(nameof(Captures.RecordingNames), MemberType = typeof(Captures))]
    public void Every_message_of_a_recording_decodes_to_the_last_byte_and_encodes_to_the_same(string name)
    {
        Assert.SkipWhen(Captures.Recordings is null, Captures.NoRecordings);
        Check(Path.Combine(Captures.Recordings, name + ".pcap.gz"), leastMessages: 40);
    }

    static void Check(string path, int leastMessages)
    {
        Result<CaptureReader> opened = CaptureReader.Open(path);
        Assert.Equal(Errno.OK, opened.Error);
        using CaptureReader reader = opened.Value;
        var sink = new ReencodingSink();
        CaptureStatistics statistics = new CaptureDecoder(sink).Run(reader);
        Assert.Empty(sink.Failures);
        Assert.Equal(0, statistics.UndecodedBytes);
        Assert.True(sink.LustreMessages >= leastMessages, $"only {sink.LustreMessages} messages");
    }

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
}
