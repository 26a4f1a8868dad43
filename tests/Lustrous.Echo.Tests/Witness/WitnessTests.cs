using System.Globalization;

namespace Lustrous.Echo.Tests.Witness;

/// <summary>
/// tshark, an independent witness, reads what our two nodes said to each other as <c>lustrous decode</c> does, and as
/// they meant it.
/// </summary>
public sealed class WitnessTests(EchoCapture capture) : IClassFixture<EchoCapture>
{
    const uint Request = 4711, Error = 4712;
    const int NotSupported = -95, NotConnected = -107, TooBig = -27;
    const uint Connect = 8, Disconnect = 9, Write = 4, Read = 3, Setattr = 2, Sync = 16, Ping = 400;

    [Fact]
    public async Task Tshark_and_decode_agree_on_every_message_of_every_connection()
    {
        Assert.SkipUnless(Tshark.IsInstalled, Tshark.Missing);
        List<CapturedMessage> ours = await LustrousDecode.ReadAsync(capture.Pcap);
        List<CapturedMessage> theirs = await Tshark.ReadAsync(capture.Pcap);
        Assert.True(ours.Count > 150);
        Assert.Equal(theirs.Count, ours.Count);
        ILookup<string, WitnessedMessage> streams = theirs.ToLookup(m => m.Stream, m => m.Message);
        Assert.True(streams.Count >= 4, "control both ways, bulk in, bulk out");
        Assert.Equal(streams.Count, ours.DistinctBy(m => m.Stream).Count());
        foreach (IGrouping<string, CapturedMessage> stream in ours.GroupBy(m => m.Stream))
            Assert.Equal(streams[stream.Key], stream.Select(m => m.Message));
    }

    [Fact]
    public async Task Tshark_sees_every_message_that_the_nodes_sent_and_no_other()
    {
        Assert.SkipUnless(Tshark.IsInstalled, Tshark.Missing);
        List<CapturedMessage> theirs = await Tshark.ReadAsync(capture.Pcap);
        foreach ((string side, Func<string, bool> isFrom) in new (string, Func<string, bool>)[]
                 { ("client", s => s.EndsWith("→988", StringComparison.Ordinal)),
                   ("server", s => s.StartsWith("988→", StringComparison.Ordinal)) })
        {
            IEnumerable<WitnessedMessage> seen = theirs.Where(m => isFrom(m.Stream)).Select(m => m.Message);
            Assert.Equal(Sorted(capture.Sent(side)), Sorted(seen));
        }
    }

    [Fact]
    public async Task Decode_sees_every_message_that_the_nodes_sent_and_no_other()
    {
        List<CapturedMessage> ours = await LustrousDecode.ReadAsync(capture.Pcap);
        Assert.Equal(
            Sorted(capture.Sent("client").Concat(capture.Sent("server"))), Sorted(ours.Select(m => m.Message)));
    }

    [Fact]
    public void The_conversation_is_the_one_that_was_asked_for()
    {
        Assert.Contains("captured, 0 frames lost", capture.Output);
        Assert.Contains("lnet ping OK", capture.Output);
        Assert.Equal(EchoCapture.Pings, capture.Output.Count(line => line == "ping OK"));
        int[] sizes = [.. EchoCapture.Sizes.Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
        List<WitnessedMessage> asked = [.. capture.Sent("client").Where(m => m.Body is { Type: Request })];
        List<WitnessedBody> answers =
            [.. capture.Sent("server").Where(m => m.Body is not null).Select(m => m.Body!.Value)];
        Assert.Equal(asked.Count, answers.Count);
        // A pinger may add to the pings; of the rest there is as much as was asked for.
        Assert.Equal(
            [Setattr, Read, Write, Connect, Disconnect, Sync, EchoClient.UnknownOpcode],
            asked.Select(m => m.Body!.Value.Opcode).Where(opcode => opcode != Ping).Distinct().Order());
        Assert.True(asked.Count(m => m.Body!.Value.Opcode == Ping) > EchoCapture.Pings);
        Assert.Equal([0], Statuses(Connect));
        Assert.Equal([0], Statuses(Disconnect));
        Assert.Equal(Enumerable.Repeat(0, sizes.Length), Statuses(Write));
        Assert.Equal(Enumerable.Repeat(0, EchoCapture.Counts), Statuses(Setattr));
        Assert.Equal([.. sizes, TooBig], Statuses(Read));
        Assert.Equal([NotSupported], Statuses(Sync));
        Assert.Equal([NotSupported], Statuses(EchoClient.UnknownOpcode));
        Assert.Equal([NotConnected], Statuses(Ping).Where(status => status != 0));
        Assert.Equal(4, answers.Count(body => body.Type == Error));

        // Every request but the connect and the stranger's goes to the export that the connect gave.
        ulong export = answers.Single(body => body.Opcode == Connect).Handle;
        Assert.NotEqual(0UL, export);
        Assert.Equal(2, asked.Count(m => m.Body!.Value.Handle != export));
        Assert.All(asked, m => Assert.NotEqual(0, m.Body!.Value.Status));   // the sender's pid

        IEnumerable<int> Statuses(uint opcode) => answers.Where(b => b.Opcode == opcode).Select(b => b.Status);
    }

    [Fact]
    public async Task Tshark_calls_nothing_malformed_that_it_does_not_also_call_malformed_in_kernel_traffic()
    {
        Assert.SkipUnless(Tshark.IsInstalled, Tshark.Missing);
        List<CapturedMessage> theirs = await Tshark.ReadAsync(capture.Pcap);
        HashSet<MalformedKind> ours =
            [.. theirs.Where(m => m.Malformed).Select(m => MalformedKind.Of(m.Message))];
        Assert.Empty(ours.Except(MalformedKind.Known.Keys));
        // That the list matters: bulk is in it.
        Assert.Contains(new MalformedKind("PUT", "8", "-", "-"), ours);
        HashSet<MalformedKind> uncut = await Tshark.MalformedKindsAsync(capture.Pcap);
        Assert.Equal(ours, uncut);
    }

    [Theory, MemberData(nameof(MalformedKind.Recordings), MemberType = typeof(MalformedKind))]
    public async Task What_tshark_calls_malformed_is_as_listed(string recording)
    {
        Assert.SkipUnless(Tshark.IsInstalled, Tshark.Missing);
        string path = MalformedKind.RecordingPath(recording);
        Assert.SkipUnless(File.Exists(path), "the recordings (../shared/recordings) are not beside this checkout");
        HashSet<MalformedKind> found = await Tshark.MalformedKindsAsync(path);
        Assert.Superset(
            MalformedKind.Known.Where(kind => kind.Value == recording).Select(kind => kind.Key).ToHashSet(), found);
        Assert.Empty(found.Except(MalformedKind.Known.Keys));
    }

    [Fact]
    public async Task Nothing_of_it_is_left_undecoded()
    {
        List<string> summary = await LustrousDecode.SummaryAsync(capture.Pcap);
        Assert.EndsWith("undecoded 0", summary[^1], StringComparison.Ordinal);
        int messages = capture.Sent("client").Concat(capture.Sent("server")).Count(m => m.Body is not null);
        Assert.Equal($"messages {messages} undecoded 0", summary[^1]);
    }

    [Fact]
    public async Task A_capture_of_the_loopback_device_tells_the_same()
    {
        Assert.SkipWhen(capture.LoopbackPcap is null, capture.NoLoopback);
        string port = capture.Port.ToString(CultureInfo.InvariantCulture);
        List<CapturedMessage> there = await LustrousDecode.ReadAsync(capture.LoopbackPcap, "--port", port);
        Assert.Equal(
            Sorted(capture.Sent("client").Concat(capture.Sent("server"))), Sorted(there.Select(m => m.Message)));
        List<string> summary = await LustrousDecode.SummaryAsync(capture.LoopbackPcap, "--port", port);
        Assert.EndsWith("undecoded 0", summary[^1], StringComparison.Ordinal);
    }

    static IEnumerable<string> Sorted(IEnumerable<WitnessedMessage> messages) =>
        messages.Select(m => m.ToString()).Order(StringComparer.Ordinal);
}
