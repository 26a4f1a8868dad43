using System.CommandLine;
using Lustrous.Idl.LNet;
using Lustrous.Utils.Control;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Commands;

/// <summary><c>lustrous serve</c>: runs targets that <c>mkfs.lustre</c> made.</summary>
static class ServeCommand
{
    public static Command Create()
    {
        var folders = new Argument<string[]>("DIR")
        {
            Description = "Targets to run, made with mkfs.lustre",
            Arity = ArgumentArity.OneOrMore,
        };
        var nid = new Option<string?>("--nid") { Description = "Our address: 10.0.0.1@tcp; without it the first" };
        var abort = new Option<bool>("--abort-recovery")
        {
            Description = "Waits for no client of a former life (mount -o abort_recov)",
        };
        Option<int> port = HostCommand.Port();
        Option<bool> verbose = HostCommand.Verbose();
        var command = new Command("serve", "Runs the targets in the folders until Ctrl-C.")
        {
            folders, nid, port, abort, verbose,
        };
        command.SetAction((parsed, _) => HostCommand.RunAsync("lustrous serve", stop => RunAsync(
            parsed.GetValue(folders)!,
            new HostOptions
            {
                Nid = parsed.GetValue(nid) is { } text ? HostCommand.ParseNid(text) : HostCommand.DefaultServerNid(),
                Port = parsed.GetValue(port),
                Listens = true,
                LogLevel = HostCommand.LevelOf(parsed.GetValue(verbose)),
            },
            parsed.GetValue(abort), stop)));
        return command;
    }

    static async Task<int> RunAsync(
        string[] folders, HostOptions options, bool abortsRecovery, CancellationToken stop)
    {
        List<TargetDescription> targets = [.. folders.Select(TargetDescription.Read)];
        await using HostNode node = await HostNode.StartAsync(options, stop);
        await using ServerHost servers = await ServerHost.StartAsync(node, targets, stop, goesOn: true);
        if (abortsRecovery)
            servers.Server.AbortRecovery();
        var process = new RunningProcess(node) { Servers = servers };
        await using ControlServer? control = process.Listen();
        foreach (TargetDescription target in servers.Running)
        {
            string names = target.Mgs && target.Name != "MGS" ? "MGS, " + target.Name : target.Name;
            Console.WriteLine($"{names}: serving at {options.Nid}, port {options.Port}, "
                + (target.IsMemory ? "from memory" : $"from {target.Folder}"));
        }
        Console.WriteLine("ready");
        await Console.Out.FlushAsync(CancellationToken.None);
        Systemd.Ready($"{servers.Running.Count} of {targets.Count} targets");
        await HostCommand.StoppedAsync(stop);
        Systemd.Stopping();
        return 0;
    }
}
