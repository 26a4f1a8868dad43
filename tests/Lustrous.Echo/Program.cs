using System.Globalization;
using System.Net;
using Lustrous.Echo;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd;
using Lustrous.LNet.Lnd.Socklnd;
using Lustrous.Ptlrpc;

// lustrous-echo serve --nid NID --port PORT [--journal FILE] [--peer-port PORT] [--address IP] [--transcript FILE]
// lustrous-echo run --nid NID --server NID --port PORT [--sizes N,N,…] [--count N] [--first N] [--uuid NAME]
//     [--pings N] [--storm WRITERS] [--accept-port PORT] [--address IP]
//     [--oddities 1] [--transcript FILE] [--pcap FILE]
// --port is the server's; --address says where all NIDs are to be found, when it is not what stands in them. A storm
// lasts until its input ends. --pcap captures the bytes of the sockets, --transcript what was meant to be sent.
if (args is not [var command, ..] || command is not ("serve" or "run"))
{
    Console.Error.WriteLine("usage: lustrous-echo serve|run --nid NID --port PORT …");
    return 2;
}
string? Option(string name)
{
    int at = Array.IndexOf(args, "--" + name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}
ulong Number(string name, ulong otherwise) =>
    Option(name) is { } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : otherwise;

NodeContext context = EchoNode.CreateContext();
int port = (int)Number("port", 9988);
var lnet = new LNetNode(context);
bool serves = command == "serve";
Nid nid = Nid.Parse(Option("nid") ?? "127.0.0.1@tcp").Value;
Nid peer = Nid.Parse(Option("server") ?? "127.0.0.1@tcp").Value;
EchoRelay? relay = Option("pcap") is { } capture
    ? new EchoRelay(context, new IPEndPoint(peer.ToIPAddress(), port), capture) : null;
ILnd lnd = new KsockLnd(context, new KsockTunables
{
    AcceptPort = serves ? port : (int)Number("accept-port", 0),
    PeerPort = _ => serves ? (int)Number("peer-port", (ulong)port) : relay?.Port ?? port,
    AddressOf = Option("address") is { } address ? _ => IPAddress.Parse(address) : null,
    ReservedPorts = false,
    Schedulers = 1,
});
if (Option("transcript") is { } transcript)
    lnd = new EchoTranscript(lnd, transcript);
if (await lnet.AddInterfaceAsync(nid, lnd, default) is var status and not Errno.OK)
{
    Console.Error.WriteLine($"{nid}: {status}");
    return 1;
}

if (serves)
{
    string? journal = Option("journal");
    using var store = new EchoStore(context.Buffers, journal is null ? null : journal + ".objects");
    var server = new EchoServer(lnet, new EchoJournal(journal), store);
    if (server.Start() is var failed and not Errno.OK)
        return 1;
    Console.WriteLine("ready");
    while (await Console.In.ReadLineAsync() is not null)
    {
    }
    await server.DisposeAsync();
    await lnet.DisposeAsync();
    return 0;
}

using var node = new PtlrpcNode(lnet, EchoNode.Timeouts) { ProcessId = Environment.ProcessId };
var serverId = new LNetProcessId(peer, LNetProcessId.LustrePid);
var client = new EchoClient(
    node, serverId, Option("uuid") ?? $"echo-{context.Random.NextUInt64():x}");
if (await client.ConnectAsync(default) is var refused and not Errno.OK)
{
    Console.Error.WriteLine($"connect: {refused}");
    return 1;
}
Console.WriteLine("connected");
if (Number("storm", 0) is > 0 and var writers)
{
    Task<string> stop = new StreamReader(Console.OpenStandardInput()).ReadToEndAsync();
    return await EchoRun.StormAsync(client, context, (int)writers, stop, Console.Out);
}
int result = await EchoRun.RunAsync(
    client, context, [.. (Option("sizes") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(
        text => int.Parse(text, CultureInfo.InvariantCulture))],
    Number("first", 1), Number("count", 0), Console.Out);
for (ulong i = Number("pings", 0); i > 0; i--)
    Console.WriteLine($"ping {await client.PingAsync(default)}");
if (Number("oddities", 0) > 0)
{
    Result<LNetPingReply> ping = await lnet.PingAsync(peer, TimeSpan.FromSeconds(10), default);
    Console.WriteLine($"lnet ping {ping.Error}");
    await foreach (string refusal in client.RefusalsAsync())
        Console.WriteLine("refused " + refusal);
}
await client.DisposeAsync();
await lnet.DisposeAsync();
if (relay is not null)
{
    await relay.DisposeAsync();
    Console.WriteLine($"captured, {relay.LostFrames} frames lost");
}
return result;
