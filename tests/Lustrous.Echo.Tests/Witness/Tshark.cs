using System.Globalization;
using System.Text.RegularExpressions;

namespace Lustrous.Echo.Tests.Witness;

/// <summary>What Wireshark's dissector says of a capture; it shares nothing with ours.</summary>
static partial class Tshark
{
    public const string Missing = "tshark is not installed ('apt-get install tshark'; ./test does it as root)";

    static readonly string[] Kinds = ["ACK", "PUT", "GET", "REPLY"];

    static readonly string[] Fields =
    [
        "tcp.srcport", "tcp.dstport", "lnet.msg_type", "lnet.ptl_index", "lnet.msg_dst_match_bits",
        "lnet.payload_length", "lustre.ptlrpc_body.pb_opc", "lustre.ptlrpc_body.pb_type",
        "lustre.ptlrpc_body.pb_status",
        "lustre.lustre_handle.cookie", "_ws.malformed",
    ];

    public static bool IsInstalled => Tool.Find("tshark") is not null;

    /// <summary>
    /// The LNet messages of a capture on port 988 in which every message ends its segment, in order. A frame that tells
    /// of more than one fails the test: tshark prints values by field, not by message.
    /// </summary>
    public static async Task<List<CapturedMessage>> ReadAsync(string capture)
    {
        string[] arguments = [.. Fields.SelectMany(field => new[] { "-e", field })];
        List<string> lines = await Tool.RunAsync(
            "tshark", ["-r", capture, "-Y", "lnet.msg_type", "-T", "fields", "-E", "occurrence=a", .. arguments]);
        return [.. lines.Select(line => Read(line.Split('\t')))];
    }

    /// <summary>The kinds of message of a capture that it calls malformed, however it is cut in segments.</summary>
    public static async Task<HashSet<MalformedKind>> MalformedKindsAsync(string capture) =>
        (await ReadKindsAsync(capture, port: 988)).Malformed;

    /// <summary>Every kind of message of a capture, and which of them it calls malformed.</summary>
    /// <param name="capture">The file.</param>
    /// <param name="port">The TCP port that is socklnd's in it.</param>
    public static async Task<(HashSet<MalformedKind> All, HashSet<MalformedKind> Malformed)> ReadKindsAsync(
        string capture, int port)
    {
        var all = new HashSet<MalformedKind>();
        var malformed = new HashSet<MalformedKind>();
        var message = new Dictionary<string, string>();
        await Tool.RunAsync(line =>
        {
            // One element a line; what follows <proto name="lnet"> belongs to that message, up to the next.
            if (Element().Match(line) is not { Success: true } match)
                return;
            string name = match.Groups["name"].Value;
            if (match.Groups["element"].Value == "proto" && name is "lnet" or "frame")
                End();
            message.TryAdd(name, match.Groups["show"].Value);
        }, "tshark", "-r", capture, "-d", $"tcp.port=={port},lnet", "-Y", "lnet.msg_type", "-T", "pdml");
        End();
        return (all, malformed);

        void End()
        {
            if (message.TryGetValue("lnet.msg_type", out string? type))
            {
                var kind = new MalformedKind(
                    Kinds[Number(type)], Text("lnet.ptl_index"), Text("lustre.ptlrpc_body.pb_opc"),
                    Text("lustre.ptlrpc_body.pb_type"));
                all.Add(kind);
                if (message.Keys.Any(IsMalformed))
                    malformed.Add(kind);
            }
            message.Clear();
        }

        string Text(string field) => message.GetValueOrDefault(field, "-");
    }

    static CapturedMessage Read(string[] values)
    {
        Assert.Equal(Fields.Length, values.Length);
        for (int i = 2; i < 9; i++)
            Assert.DoesNotContain(',', values[i]);
        string kind = Kinds[Number(values[2])];
        // The handle of the ptlrpc_body is the first of a message; other buffers may hold more.
        WitnessedBody? body = values[6].Length == 0 ? null : new WitnessedBody(
            (uint)Number(values[6]), (uint)Number(values[7]), int.Parse(values[8], CultureInfo.InvariantCulture),
            Number(values[9].Split(',')[0]));
        var message = new WitnessedMessage(
            kind, kind is "PUT" or "GET" ? (uint)Number(values[3]) : 0, kind == "REPLY" ? 0 : Number(values[4]),
            (uint)Number(values[5]), body);
        return new CapturedMessage($"{values[0]}→{values[1]}", message, values[10].Length > 0);
    }

    static bool IsMalformed(string field) => field.StartsWith("_ws.malformed", StringComparison.Ordinal);

    static ulong Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
        : ulong.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^\s*<(?<element>proto|field) name="(?<name>[^"]*)"(?:.* show="(?<show>[^"]*)")?""")]
    private static partial Regex Element();
}
