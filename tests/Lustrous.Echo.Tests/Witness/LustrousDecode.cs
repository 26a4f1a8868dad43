using System.Globalization;
using System.Text.Json;

namespace Lustrous.Echo.Tests.Witness;

/// <summary>What <c>lustrous decode</c>, as a process, says of a capture.</summary>
static class LustrousDecode
{
    static readonly string Program = Path.Combine(AppContext.BaseDirectory, "lustrous.dll");

    public static Task<List<string>> SummaryAsync(string capture, params string[] more) =>
        Tool.RunAsync("dotnet", [Program, "decode", "--summary", capture, .. more]);

    /// <summary>The LNet messages in order.</summary>
    public static async Task<List<CapturedMessage>> ReadAsync(string capture, params string[] more)
    {
        var messages = new List<CapturedMessage>();
        await Tool.RunAsync(line =>
        {
            using var document = JsonDocument.Parse(line);
            JsonElement json = document.RootElement;
            Assert.False(json.TryGetProperty("problem", out JsonElement problem), problem.ToString());
            if (json.TryGetProperty("match_bits", out JsonElement matchBits))
                messages.Add(Read(json, matchBits.GetUInt64()));
        }, "dotnet", [Program, "decode", "--json", capture, .. more]);
        return messages;
    }

    static CapturedMessage Read(JsonElement json, ulong matchBits)
    {
        string kind = json.GetProperty("kind").GetString()!;
        WitnessedBody? body = null;
        if (json.TryGetProperty("xid", out JsonElement xid))
        {
            string type = json.GetProperty("type").GetString()!;
            Assert.True(type != "request" || xid.GetUInt64() == matchBits, "a request goes to its xid");
            string handle = json.GetProperty("handle").GetString()!;
            body = new WitnessedBody(
                json.GetProperty("opcode").GetUInt32(),
                type switch { "request" => 4711u, "error" => 4712u, _ => 4713u },
                json.GetProperty("status").GetInt32(),
                ulong.Parse(handle.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        }
        var message = new WitnessedMessage(
            kind, kind is "PUT" or "GET" ? json.GetProperty("portal").GetUInt32() : 0, kind == "REPLY" ? 0 : matchBits,
            json.GetProperty("length").GetUInt32(), body);
        return new CapturedMessage($"{json.GetProperty("src_port")}→{json.GetProperty("dst_port")}", message);
    }
}
