using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Lustrous.LNet;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Decode;

/// <summary>For programs: one JSON object a line.</summary>
sealed class JsonOutput(TextWriter output, TextWriter errors) : IDecodeOutput
{
    readonly ArrayBufferWriter<byte> _bytes = new();

    public void Message(DecodedMessage message) => Line(json =>
    {
        LNetHeader header = message.Header;
        WriteStart(json, message.Item, header.SourceNid.ToString(), header.DestinationNid.ToString());
        json.WriteString("kind", header.Type.ToString().ToUpperInvariant());
        json.WriteString("name", message.Name);
        json.WriteNumber("portal", header.Portal);
        json.WriteNumber("match_bits", header.MatchBits);
        json.WriteNumber("length", header.PayloadLength);
        if (message.Owner is not null)
            json.WriteString("of", message.Owner);
        if (message.IsLustre)
        {
            json.WriteNumber("xid", message.Xid);
            json.WriteString(
                "type", message.IsError ? "error" : message.IsEarly ? "early" : message.IsReply ? "reply" : "request");
            json.WriteNumber("opcode", message.Body.Opcode);
            json.WriteNumber("status", message.Body.Status);
            json.WriteString("handle", message.Body.Handle.ToString());
            json.WriteNumber("transno", message.Body.Transno);
        }
        if (message.LatencyNanoseconds >= 0)
            json.WriteNumber("latency_ns", message.LatencyNanoseconds);
        if (message.Payload is null)
            return;
        json.WritePropertyName("payload");
        message.Payload.WriteJson(json);
    });

    public void Control(CapturedItem item) => Line(json =>
    {
        bool toServer = item.Direction == CaptureDirection.ToServer;
        CaptureEndpoint source = toServer ? item.Connection.Client : item.Connection.Server;
        CaptureEndpoint target = toServer ? item.Connection.Server : item.Connection.Client;
        WriteStart(json, item, source.ToString(), target.ToString());
        json.WriteString("kind", item.Kind.ToString().ToUpperInvariant());
        if (item.Kind == CapturedItemKind.Hello)
        {
            json.WriteNumber("version", item.Hello.Version);
            json.WriteString("connection_type", item.Hello.ConnectionType.ToString());
        }
    });

    public void Problem(string text)
    {
        Line(json => json.WriteString("problem", text));
        errors.WriteLine(text);
    }

    public void Finish(long messages, long undecodedBytes)
    {
    }

    static void WriteStart(Utf8JsonWriter json, CapturedItem item, string source, string target)
    {
        json.WriteNumber("packet", item.PacketNumber);
        DateTime time = DateTime.UnixEpoch.AddTicks(item.TimeNanoseconds / 100);
        json.WriteString("time", time.ToString("O", CultureInfo.InvariantCulture));
        json.WriteString("src", source);
        json.WriteString("dst", target);
        // Two nodes have several connections, which nothing else tells apart.
        bool toServer = item.Direction == CaptureDirection.ToServer;
        CapturedConnection connection = item.Connection;
        json.WriteNumber("src_port", (toServer ? connection.Client : connection.Server).Port);
        json.WriteNumber("dst_port", (toServer ? connection.Server : connection.Client).Port);
    }

    void Line(Action<Utf8JsonWriter> write)
    {
        _bytes.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        output.WriteLine(Encoding.UTF8.GetString(_bytes.WrittenSpan));
    }
}
