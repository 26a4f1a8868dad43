using System.Globalization;
using Lustrous.Echo;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd.Socklnd;
using Lustrous.Ptlrpc;

// lustrous-echo serve --nid NID --port PORT [--journal FILE]
// lustrous-echo run --nid NID --server NID --port PORT [--sizes N,N,…] [--count N] [--first N] [--uuid NAME]
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
var lnd = new KsockLnd(context, new KsockTunables
{
    AcceptPort = serves ? port : 0, PeerPort = _ => port, ReservedPorts = false, Schedulers = 1,
});
Nid nid = Nid.Parse(Option("nid") ?? "127.0.0.1@tcp").Value;
if (await lnet.AddInterfaceAsync(nid, lnd, default) is var status and not Errno.OK)
{
    Console.Error.WriteLine($"{nid}: {status}");
    return 1;
}

if (serves)
{
    var server = new EchoServer(lnet, new EchoJournal(Option("journal")));
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

using var node = new PtlrpcNode(lnet, EchoNode.Timeouts);
var serverId = new LNetProcessId(Nid.Parse(Option("server") ?? "127.0.0.1@tcp").Value, LNetProcessId.LustrePid);
var client = new EchoClient(
    node, serverId, Option("uuid") ?? $"echo-{context.Random.NextUInt64():x}", context.Random.NextUInt64());
if (await client.ConnectAsync(default) is var refused and not Errno.OK)
{
    Console.Error.WriteLine($"connect: {refused}");
    return 1;
}
Console.WriteLine("connected");
int result = await EchoRun.RunAsync(
    client, context, [.. (Option("sizes") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(
        text => int.Parse(text, CultureInfo.InvariantCulture))],
    Number("first", 1), Number("count", 0), Console.Out);
await client.DisposeAsync();
await lnet.DisposeAsync();
return result;
