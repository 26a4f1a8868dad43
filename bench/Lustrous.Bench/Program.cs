using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Running;
using Lustrous.Bench.Disk;
using Lustrous.Bench.Fuse;
using Lustrous.Bench.Load;
using Lustrous.Bench.Micro;
using Lustrous.Bench.Peers;
using Lustrous.Fuse.Protocol;

// The far sides of the load programs: each prints its port and serves.
if (args is ["serve"])
    return await EchoLoad.ServeAsync();
if (args is ["bare", var requestBytes, var replyBytes, var messagesPerCall, var buffers])
{
    using TcpListener listener = BareSocket.Listen();
    Console.WriteLine(((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture));
    int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    new BareSocket(Number(requestBytes), Number(replyBytes), Number(messagesPerCall), Number(buffers)).Serve(listener);
    return 0;
}
if (args is ["null", var mountPoint, var transport, var direct])
    return await FuseTable.ServeAsync(mountPoint, Enum.Parse<FuseTransportKind>(transport), bool.Parse(direct));
if (args is ["up", .. var mountPoints])
    return await LustreMount.ServeAsync(null, mountPoints);
if (args is ["up-on", var store, .. var mountPointsOfStore])
    return await LustreMount.ServeAsync(store, mountPointsOfStore);
if (args is ["servers", var serverPort])
    return await LustreMount.ServeTcpAsync(int.Parse(serverPort, CultureInfo.InvariantCulture));
if (args is ["mount", var nid, var port, var folderToMount])
    return await LustreMount.MountTcpAsync(
        nid, int.Parse(port, CultureInfo.InvariantCulture), folderToMount);

var rounds = new Option<int>("--rounds") { Description = "Measurements of each figure", DefaultValueFactory = _ => 5 };
var seconds = new Option<double>("--seconds") { Description = "Length of one", DefaultValueFactory = _ => 1.5 };
var load = new Command("load", "RPCs and bulk over loopback TCP and lolnd, beside bare sockets, as a Markdown table")
{
    rounds, seconds,
};
load.SetAction((parsed, _) => LoadTable.RunAsync(
    parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(seconds)), Console.Out));
var micro = new Command("micro", "BenchmarkDotNet's micro-benchmarks; what follows is passed on to it")
{
    TreatUnmatchedTokensAsErrors = false,
};
micro.SetAction(parsed => BenchmarkSwitcher.FromAssembly(typeof(CapsuleBenchmarks).Assembly)
    .Run([.. parsed.UnmatchedTokens]));
var mebibytes = new Option<int>("--mebibytes") { Description = "Size of the file", DefaultValueFactory = _ => 512 };
var folder = new Option<string?>("--folder") { Description = "A mounted Lustrous to compare with" };
var fuse = new Command("fuse", "Sequential I/O and stats through FUSE, beside a file system that does nothing")
{
    rounds, mebibytes, folder,
};
fuse.SetAction((parsed, _) => FuseTable.RunAsync(
    parsed.GetValue(rounds), parsed.GetValue(mebibytes), parsed.GetValue(folder), Console.Out));
var diskFolder = new Option<string>("--folder")
{
    Description = "A folder on the disk to measure",
    DefaultValueFactory = _ => Directory.CreateTempSubdirectory("lustrous-bench-").FullName,
};
var names = new Option<int>("--names") { Description = "Instead: one directory that grows to so many names" };
var tree = new Option<int>("--tree") { Description = "Instead: a tree that grows to so many files" };
var disk = new Command("disk", "The device on a disk beside the one in memory, and beside dd")
{
    rounds, diskFolder, names, tree,
};
disk.SetAction((parsed, _) =>
{
    string folder = Directory.CreateDirectory(parsed.GetValue(diskFolder)!).FullName;
    (int inOne, int inTree) = (parsed.GetValue(names), parsed.GetValue(tree));
    return inOne > 0 || inTree > 0
        ? new GrowthTable(folder, Math.Max(inOne, inTree), inTree > 0, Console.Out, Console.Error).RunAsync()
        : new DiskTable(folder, parsed.GetValue(rounds), MountedCreates.MeasureAsync, Console.Out).RunAsync();
});
var rows = new Argument<string>("rows") { Description = "What bench/workloads.sh wrote" };
var plot = new Argument<string>("plot") { Description = "The SVG file to write" };
var table = new Command("table", "The table and the plot of bench/run peers") { rows, plot };
table.SetAction(parsed => PeersTable.Print(parsed.GetValue(rows)!, parsed.GetValue(plot)!, Console.Out));
var root = new RootCommand("Measures Lustrous. Figures are ratios within one run: machines are noisy.")
{
    load, fuse, disk, micro, table,
};
return await root.Parse(args).InvokeAsync();
