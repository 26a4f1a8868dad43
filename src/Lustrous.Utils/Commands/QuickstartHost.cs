using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Utils.Control;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Commands;

/// <summary>
/// The servers and the mount of a quickstart, in a process of their own: it takes a word a line and answers it with a
/// line, and ends when its input does.
/// </summary>
/// <remarks>
/// A process must not use a mount that it serves. Were it killed while one of its threads waits there, that thread
/// could not end before it is answered, nobody would answer, and the process stayed as a zombie.
/// </remarks>
static class QuickstartHost
{
    public const string Name = "quickstart-host";

    public const string FsName = "lustre";

    public static Command Create()
    {
        var mountPoint = new Argument<string>("DIR");
        var store = new Option<string?>("--store");
        Option<bool> verbose = HostCommand.Verbose();
        var command = new Command(Name) { mountPoint, store, verbose };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            // Whoever started it says when it is to end, also where Ctrl-C goes to both.
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
                PosixSignal.SIGINT, static context => context.Cancel = true);
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(
                PosixSignal.SIGTERM, static context => context.Cancel = true);
            try
            {
                await ServeAsync(
                    parsed.GetValue(mountPoint)!, parsed.GetValue(store),
                    HostCommand.LevelOf(parsed.GetValue(verbose)));
                return 0;
            }
            catch (HostException e)
            {
                await SayAsync($"error {(int)e.Error} {e.Message}");
                return HostCommand.Failed;
            }
        });
        return command;
    }

    static async Task ServeAsync(string mountPoint, string? store, LogLevel level)
    {
        using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        await using LocalCluster cluster = await LocalCluster.StartAsync(
            new LocalClusterOptions { FsName = FsName, LogLevel = level, Store = store }, CancellationToken.None);
        var process = new RunningProcess(cluster.Node) { Servers = cluster.Servers };
        await using ControlServer? control = process.Listen();
        await SayAsync("ok");
        FuseMount? mount = null;
        try
        {
            Task<string?> next = input.ReadLineAsync();
            while (await next is { } word)
            {
                switch (word)
                {
                    case "mount" when mount is null:
                        mount = await cluster.MountAsync(mountPoint, CancellationToken.None);
                        process.Add(mount);
                        await SayAsync($"ok {mount.Transport}");
                        break;
                    case "umount" when mount is not null:
                        process.Remove(mount);
                        await mount.DisposeAsync();
                        mount = null;
                        await SayAsync("ok");
                        break;
                    case "stay" when mount is not null:
                        next = input.ReadLineAsync();
                        await Task.WhenAny(mount.Completion, next);
                        await SayAsync("ok");
                        continue;
                    default:
                        throw new HostException(Errno.EINVAL, $"'{word}' is not known here");
                }
                next = input.ReadLineAsync();
            }
        }
        finally
        {
            if (mount is not null)
                await mount.DisposeAsync();
        }
    }

    static async Task SayAsync(string line)
    {
        await Console.Out.WriteLineAsync(line);
        await Console.Out.FlushAsync();
    }
}
