using System.Globalization;
using Lustrous.Libcfs;
using Lustrous.Utils.Decode;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Tests.Decode;

/// <summary><c>lustrous decode --summary</c> against the counts of a decoder that is independent of ours.</summary>
public sealed class SummaryTests
{
    [Theory, MemberData(nameof(Captures.RecordingNames), MemberType = typeof(Captures))]
    public void The_summary_of_a_recording_agrees_with_its_log(string name)
    {
        Assert.SkipWhen(Captures.Recordings is null, Captures.NoRecordings);
        string[] log = File.ReadAllLines(Path.Combine(Captures.Recordings, "logs", name + ".opcodes"));
        string messages = log[^1].Split("total lustre messages ")[1].Split(';')[0];
        IEnumerable<string> expected = log
            .Where(line => !line.StartsWith('#'))
            .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            .Order(StringComparer.Ordinal)
            .Append($"messages {messages} undecoded 0");
        string summary = Summary(Path.Combine(Captures.Recordings, name + ".pcap.gz"), out string errors);
        Assert.Equal(expected, summary.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("", errors);
    }

    [Fact]
    public void A_capture_cut_off_in_the_middle_is_decoded_up_to_there_and_says_where()
    {
        string whole = Captures.Excerpt("mount");
        byte[] bytes = File.ReadAllBytes(whole);
        string cut = Path.Combine(Path.GetTempPath(), $"lustrous-cut-{Environment.ProcessId}.pcap.gz");
        File.WriteAllBytes(cut, bytes[..(bytes.Length * 2 / 3)]);
        try
        {
            string summary = Summary(cut, out string errors);
            string last = summary.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
            int messages = int.Parse(last.Split(' ')[1], CultureInfo.InvariantCulture);
            Assert.InRange(messages, 10, 71);
            Assert.Contains("packet ", errors, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(cut);
        }
    }

    [Fact]
    public void The_lines_of_a_mount_tell_its_story()
    {
        using var output = new StringWriter();
        Decode(Captures.Excerpt("mount"), new TextOutput(output, TextWriter.Null, verbose: true));
        string text = output.ToString();
        Assert.Contains("10.99.0.21@tcp → 10.99.0.10@tcp PUT MGS_CONNECT", text, StringComparison.Ordinal);
        Assert.Contains("LLOG_ORIGIN_HANDLE_NEXT_BLOCK reply", text, StringComparison.Ordinal);
        Assert.Contains("lustre_cfg", text, StringComparison.Ordinal);
        Assert.Contains("\"lustre-clilov\"", text, StringComparison.Ordinal);
        Assert.Contains(" µs ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_json_line_is_an_object_with_its_kind()
    {
        using var output = new StringWriter();
        Decode(Captures.Excerpt("meta"), new JsonOutput(output, TextWriter.Null));
        string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 100);
        foreach (string line in lines)
        {
            using var document = System.Text.Json.JsonDocument.Parse(line);
            Assert.True(document.RootElement.TryGetProperty("kind", out _));
        }
    }

    static string Summary(string path, out string errors)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        Decode(path, new SummaryOutput(output, error));
        errors = error.ToString();
        return output.ToString();
    }

    static void Decode(string path, IDecodeOutput output)
    {
        Result<CaptureReader> opened = CaptureReader.Open(path);
        Assert.Equal(Errno.OK, opened.Error);
        using CaptureReader reader = opened.Value;
        new DecodeSession(output, []).Run(reader);
    }
}
