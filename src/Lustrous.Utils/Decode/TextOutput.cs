using System.Globalization;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.LNet;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Decode;

/// <summary>For people: one line a message, and below it every field when asked.</summary>
sealed class TextOutput(TextWriter output, TextWriter errors, bool verbose) : IDecodeOutput
{
    public void Message(DecodedMessage message)
    {
        LNetHeader header = message.Header;
        var line = new StringBuilder();
        Start(line, message.Item, header.SourceNid.ToString(), header.DestinationNid.ToString());
        line.Append(header.Type.ToString().ToUpperInvariant()).Append(' ').Append(message.Name);
        if (message.IsLustre)
            AppendExchange(line, message);
        else if (message.Owner is not null)
            line.Append(CultureInfo.InvariantCulture, $" of {message.Owner} xid {message.Xid}");
        else if (header.Type != LNetMessageType.Reply)
            line.Append(CultureInfo.InvariantCulture, $" match {header.MatchBits:x}");
        line.Append(CultureInfo.InvariantCulture, $" {header.PayloadLength} B");
        if (message.Payload is MessagePart part)
            AppendFacts(line, part);
        output.WriteLine(line);
        if (!verbose)
            return;
        output.WriteLine(HeaderText(header));
        if (message.Payload is not null)
            AppendParts(message.Payload, 1);
    }

    public void Control(CapturedItem item)
    {
        var line = new StringBuilder();
        bool toServer = item.Direction == CaptureDirection.ToServer;
        CaptureEndpoint source = toServer ? item.Connection.Client : item.Connection.Server;
        CaptureEndpoint target = toServer ? item.Connection.Server : item.Connection.Client;
        Start(line, item, source.ToString(), target.ToString());
        line.Append(item.Kind switch
        {
            CapturedItemKind.AcceptorRequest => $"ACCEPTOR v{item.AcceptorVersion} for {item.AcceptorNid}",
            CapturedItemKind.Hello => string.Create(CultureInfo.InvariantCulture,
                $"HELLO v{item.Hello.Version} {item.Hello.SourceNid} {item.Hello.ConnectionType}"),
            _ => string.Create(CultureInfo.InvariantCulture,
                $"NOOP cookies {item.ZeroCopyRequest:x} {item.ZeroCopyAck:x}"),
        });
        output.WriteLine(line);
    }

    // Both where it happens and, when the lines go elsewhere, on the terminal.
    public void Problem(string text)
    {
        output.WriteLine("!! " + text);
        if (Console.IsOutputRedirected)
            errors.WriteLine(text);
    }

    public void Finish(long messages, long undecodedBytes)
    {
    }

    static void Start(StringBuilder line, CapturedItem item, string source, string target)
    {
        DateTime time = DateTime.UnixEpoch.AddTicks(item.TimeNanoseconds / 100);
        line.Append(CultureInfo.InvariantCulture, $"{time:HH:mm:ss.ffffff} {source} → {target} ");
    }

    static void AppendExchange(StringBuilder line, DecodedMessage message)
    {
        line.Append(message.IsError ? " error" : message.IsEarly ? " early reply" : message.IsReply ? " reply" : "");
        line.Append(CultureInfo.InvariantCulture, $" xid {message.Xid}");
        if (message.IsReply)
            line.Append(CultureInfo.InvariantCulture, $" status {message.Body.Status}");
        if (message.Body.Transno != 0)
            line.Append(CultureInfo.InvariantCulture, $" transno {message.Body.Transno}");
        if (message.LatencyNanoseconds >= 0)
            line.Append(CultureInfo.InvariantCulture, $" after {message.LatencyNanoseconds / 1000} µs");
    }

    static void AppendFacts(StringBuilder line, MessagePart part)
    {
        if (part.TryFind(out LdlmRequest request))
            line.Append(CultureInfo.InvariantCulture, $" {request.Desc.RequestedMode} {request.Desc.Resource.Name}");
        else if (part.TryFind(out LdlmReply reply) && reply.Desc.Resource.Type != 0)
            line.Append(CultureInfo.InvariantCulture, $" {reply.Desc.GrantedMode} {reply.Desc.Resource.Name}");
        if (part.TryFind(out MdtBody body))
            line.Append(CultureInfo.InvariantCulture, $" {body.Fid1}");
        foreach (Part field in part.Inner)
        {
            if (field is TextPart { Name: "name" or "symtgt", Text.Length: > 0 } text)
                line.Append(CultureInfo.InvariantCulture, $" {text.ToText()}");
            else if (field is StructPart<ObdIoObj> or StructPart<NiobufRemote>)
                line.Append(CultureInfo.InvariantCulture, $" {field.ToText()}");
        }
    }

    static string HeaderText(in LNetHeader h)
    {
        string text = string.Create(CultureInfo.InvariantCulture,
            $"    lnet_hdr{{src {h.SourcePid}-{h.SourceNid} dest {h.DestinationPid}-{h.DestinationNid} type {h.Type}"
            + $" payload {h.PayloadLength} wmd {h.Handle.InterfaceCookie:x}.{h.Handle.ObjectCookie:x}");
        text += h.Type switch
        {
            LNetMessageType.Put => string.Create(CultureInfo.InvariantCulture,
                $" match {h.MatchBits:x} portal {h.Portal} offset {h.Offset} hdr_data {h.HeaderData:x}"),
            LNetMessageType.Get => string.Create(CultureInfo.InvariantCulture,
                $" match {h.MatchBits:x} portal {h.Portal} src_offset {h.Offset} sink_length {h.Length}"),
            LNetMessageType.Ack => string.Create(CultureInfo.InvariantCulture,
                $" match {h.MatchBits:x} mlength {h.Length}"),
            _ => "",
        };
        return text + "}";
    }

    void AppendParts(Part part, int depth)
    {
        output.WriteLine($"{new string(' ', depth * 4)}{part.Name} ({part.Size} B) {part.ToText()}");
        foreach (Part inner in part.Inner)
            AppendParts(inner, depth + 1);
    }
}
