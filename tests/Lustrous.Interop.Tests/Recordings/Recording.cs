using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Utils.Decode;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Interop.Tests.Recordings;

/// <summary>What clients and servers said to each other in a recording, in the order of the wire. What servers say
/// among themselves is left out.</summary>
sealed class Recording : ICaptureSink
{
    readonly MessageDecoder _decoder = new();
    readonly Dictionary<WireHandle, RecordedMessage> _gets = [];
    readonly List<RecordedMessage> _messages = [];

    Recording(string name) => Name = name;

    public string Name { get; }

    public IReadOnlyList<RecordedMessage> Messages => _messages;

    public static Recording Load(string name, string path)
    {
        Result<CaptureReader> opened = CaptureReader.Open(path);
        Assert.Equal(Errno.OK, opened.Error);
        using CaptureReader reader = opened.Value;
        var recording = new Recording(name);
        new CaptureDecoder(recording).Run(reader);
        return recording;
    }

    /// <summary>Servers are 10.99.0.10 and .11, clients .21 and .22 (README.md of the recordings).</summary>
    public static bool IsClient(Nid nid) => nid.ToIPAddress()?.GetAddressBytes()[^1] >= 20;

    public void Item(CapturedItem item)
    {
        if (item.Kind != CapturedItemKind.LNetMessage)
            return;
        DecodedMessage decoded = _decoder.Decode(item);
        bool fromClient = IsClient(item.Header.SourceNid);
        if (fromClient == IsClient(item.Header.DestinationNid) || KindOf(decoded, fromClient) is not { } kind)
            return;
        if (item.Header.Type == LNetMessageType.Reply)
        {
            // What a GET brought belongs to the GET.
            if (_gets.Remove(item.Header.Handle, out RecordedMessage? get))
                get.Payload = item.Payload.ToArray();
            return;
        }
        var message = new RecordedMessage
        {
            Kind = kind,
            TimeNanoseconds = item.TimeNanoseconds,
            Client = fromClient ? item.Header.SourceNid : item.Header.DestinationNid,
            Server = fromClient ? item.Header.DestinationNid : item.Header.SourceNid,
            Header = item.Header,
            Payload = item.Payload.ToArray(),
            Decoded = decoded,
        };
        if (kind == MessageKind.BulkGet)
            _gets[item.Header.Handle] = message;
        _messages.Add(message);
    }

    public void Problem(CaptureProblem problem)
    {
        // An excerpt ends in the middle of things: what is there is good.
    }

    static MessageKind? KindOf(DecodedMessage decoded, bool fromClient)
    {
        if (decoded.IsEarly)
            return null;
        if (decoded.IsLustre)
        {
            return fromClient
                ? decoded.IsReply ? MessageKind.CallbackReply : MessageKind.Request
                : decoded.IsReply ? MessageKind.Reply : MessageKind.Callback;
        }
        LNetHeader header = decoded.Header;
        bool isBulk = header.Portal is Portals.OST_BULK_PORTAL or Portals.MDS_BULK_PORTAL or Portals.MGS_BULK_PORTAL;
        return (header.Type, fromClient) switch
        {
            (LNetMessageType.Put, false) when isBulk => MessageKind.BulkPut,
            (LNetMessageType.Get, false) when isBulk => MessageKind.BulkGet,
            (LNetMessageType.Reply, true) => MessageKind.BulkGet,
            _ => null,
        };
    }
}
