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
}
