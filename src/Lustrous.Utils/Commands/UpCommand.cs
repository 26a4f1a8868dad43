using System.CommandLine;
using Lustrous.Idl.LNet;
using Lustrous.Utils.Control;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Commands;

/// <summary><c>lustrous up</c>: all servers and a mount in one process, in the foreground.</summary>
static class UpCommand
{
    public static Command Create()
    {
        var mount = new Option<string>("--mount") { Description = "Where to mount", Required = true };
        var mdts = new Option<int>("--mdts") { Description = "Metadata targets", DefaultValueFactory = static _ => 1 };
        var osts = new Option<int>("--osts") { Description = "Object targets", DefaultValueFactory = static _ => 4 };
        var fsName = new Option<string>("--fsname")
        {
            Description = "Name of the file system, at most 8 characters",
            DefaultValueFactory = static _ => "lustre",
        };
        var nid = new Option<string?>("--nid")
        {
            Description = "Lets other machines mount it: our ADDRESS@tcp. Without it only this process uses it",
        };
        Option<int> port = HostCommand.Port();
        var size = new Option<string?>("--ost-size")
        {
            Description = "Room of each OST at most: 512M, 16G",
        };
        var store = new Option<string?>("--store")
        {
            Description = "Folder with the targets, made when it is not there; without it they are in memory",
        };
        Option<bool> verbose = HostCommand.Verbose();
        var command = new Command("up", "All servers and a mount in one process, until Ctrl-C or umount.")
        {
            mount, store, mdts, osts, fsName, nid, port, size, verbose,
        };
        command.SetAction((parsed, _) => HostCommand.RunAsync("lustrous up", stop =>
        {
            long bytes = 0;
            if (parsed.GetValue(size) is { } asked && !SizeText.TryParse(asked, out bytes))
                throw new HostException(Errno.EINVAL, $"--ost-size {parsed.GetValue(size)} is no size");
            return RunAsync(parsed.GetValue(mount)!, new LocalClusterOptions
            {
                FsName = parsed.GetValue(fsName)!,
                Mdts = parsed.GetValue(mdts),
                Osts = parsed.GetValue(osts),
                Nid = parsed.GetValue(nid) is { } text ? HostCommand.ParseNid(text) : Nid.Loopback,
                Port = parsed.GetValue(port),
                OstBytes = bytes,
                Store = parsed.GetValue(store),
                LogLevel = HostCommand.LevelOf(parsed.GetValue(verbose)),
            }, stop);
        }));
        return command;
    }

    static async Task<int> RunAsync(string mountPoint, LocalClusterOptions options, CancellationToken stop)
    {
        FuseMount.CheckMountPoint(mountPoint);
        await using LocalCluster cluster = await LocalCluster.StartAsync(options, stop);
        await using FuseMount mount = await cluster.MountAsync(mountPoint, stop);
        var process = new RunningProcess(cluster.Node) { Servers = cluster.Servers };
        process.Add(mount);
        await using ControlServer? control = process.Listen();
        Console.WriteLine(
            $"{cluster.FsName}: {cluster.Describe()}, mounted on {mountPoint}"
            + $" (Ctrl-C or umount ends it{(options.Store is null ? ", and its contents" : "")})");
        if (!options.Nid.IsLoopback)
        {
            Console.WriteLine(
                $"others mount it with: lustrous mount {options.Nid}:/{cluster.FsName} DIR -o port={options.Port}");
        }
        await Console.Out.FlushAsync(CancellationToken.None);
        await Task.WhenAny(mount.Completion, HostCommand.StoppedAsync(stop));
        return 0;
    }
}
