using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Reflection;
using Lustrous.Idl.LNet;
using Lustrous.LNet;
using Lustrous.Llite;
using Lustrous.Utils.Control;
using Lustrous.Utils.Copy;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Commands;

/// <summary><c>mount.lustre MGSNID:/fsname[/dir] DIR</c>: returns when it is mounted, as mount helpers do; a process in
/// the background goes on serving it until umount.</summary>
static class MountCommand
{
    const string Ready = "mounted";

    public static Command Create()
    {
        var source = new Argument<string>("MGSNID:/FSNAME") { Description = "10.0.0.1@tcp:/lustre" };
        var folder = new Argument<string>("DIR") { Description = "Where to mount" };
        var options = new Option<string[]>("-o")
        {
            Description = "Options, with commas: port=N, nid=ADDRESS@tcp, ro, fg (stay in the foreground)",
            AllowMultipleArgumentsPerToken = false,
        };
        var foreground = new Option<bool>("--foreground", "-f") { Description = "Stays until umount or Ctrl-C" };
        Option<bool> verbose = HostCommand.Verbose();
        var child = new Option<bool>("--background-child") { Hidden = true };
        var sloppy = new Option<bool>("-s") { Hidden = true };      // mount(8) passes these on
        var noMtab = new Option<bool>("-n") { Hidden = true };
        var command = new Command("mount.lustre", "Mounts a file system; umount takes it away again.")
        {
            source, folder, options, foreground, verbose, child, sloppy, noMtab,
        };
        command.Aliases.Add("mount");
        command.SetAction((parsed, _) => HostCommand.RunAsync("mount.lustre", stop =>
        {
            MountOptions asked = MountOptions.Parse(parsed.GetValue(options) ?? []);
            bool isChild = parsed.GetValue(child);
            bool stays = parsed.GetValue(foreground) || asked.Foreground;
            return stays || isChild
                ? ServeAsync(parsed.GetValue(source)!, parsed.GetValue(folder)!, asked,
                    HostCommand.LevelOf(parsed.GetValue(verbose)), isChild, stop)
                : StartChildAsync(parsed.GetValue(source)!, parsed.GetValue(folder)!,
                    parsed.GetValue(options) ?? [], parsed.GetValue(verbose), stop);
        }));
        return command;
    }

    static async Task<int> ServeAsync(
        string source, string folder, MountOptions options, LogLevel level, bool isChild, CancellationToken stop)
    {
        if (isChild)
            Libc.NewSession();
        (IReadOnlyList<LNetProcessId> mgs, string fsName, string fileset) = ParseSource(source);
        Func<Nid, IPAddress>? addressOf = null;
        Nid nid = options.Nid ?? HostCommand.DefaultClientNid(mgs[0].Nid, out addressOf);
        await using HostNode node = await HostNode.StartAsync(new HostOptions
        {
            Nid = nid,
            Port = options.Port,
            AddressOf = addressOf,
            LogLevel = level,
        }, stop);
        await using FuseMount mount = await FuseMount.MountAsync(node, new FuseMountRequest
        {
            MountPoint = folder,
            FsName = fsName,
            Mgs = mgs,
            Fileset = fileset,
            ReadOnly = options.ReadOnly,
            FileLocks = options.FileLocks,
        }, stop);
        var process = new RunningProcess(node);
        process.Add(mount);
        await using ControlServer? control = process.Listen();
        Console.WriteLine(Ready);
        await Console.Out.FlushAsync(CancellationToken.None);
        await Task.WhenAny(mount.Completion, HostCommand.StoppedAsync(stop));
        return 0;
    }

    /// <summary>Starts this program once more, waits until it has mounted, and leaves it alone.</summary>
    static async Task<int> StartChildAsync(
        string source, string folder, string[] options, bool verbose, CancellationToken stop)
    {
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        foreach (string word in (string[])["mount.lustre", source, folder, "--background-child"])
            start.ArgumentList.Add(word);
        foreach (string option in options)
        {
            start.ArgumentList.Add("-o");
            start.ArgumentList.Add(option);
        }
        if (verbose)
            start.ArgumentList.Add("--verbose");
        using Process child = Process.Start(start)
            ?? throw new HostException(Errno.EIO, "the process that serves the mount does not start");
        Task errors = ForwardErrorsAsync(child);
        try
        {
            while (await child.StandardOutput.ReadLineAsync(stop) is { } line)
            {
                if (line == Ready)
                    return 0;
            }
            await child.WaitForExitAsync(stop);
            await errors;
        }
        catch (OperationCanceledException)
        {
            child.Kill();
            throw;
        }
        return child.ExitCode == 0 ? HostCommand.Failed : child.ExitCode;
    }

    static async Task ForwardErrorsAsync(Process child)
    {
        try
        {
            while (await child.StandardError.ReadLineAsync() is { } line)
                await Console.Error.WriteLineAsync(line);
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException or IOException)
        {
            // The child is on its own by now.
        }
    }

    static (IReadOnlyList<LNetProcessId> Mgs, string FsName, string Fileset) ParseSource(string source)
    {
        int at = source.IndexOf(":/", StringComparison.Ordinal);
        string[] names = at <= 0 ? [] : source[(at + 2)..].Split('/', 2);
        if (names.Length == 0 || names[0].Length == 0)
        {
            throw new HostException(Errno.EINVAL,
                $"'{source}' names no file system. Write MGSNID:/FSNAME, as 10.0.0.1@tcp:/lustre");
        }
        if (names[0].Length > 8)
            throw new HostException(Errno.EINVAL, $"'{names[0]}': a file system's name has at most 8 characters");
        return (MgsNodes.Parse([source[..at]]), names[0], names.Length > 1 ? "/" + names[1] : "");
    }

    /// <summary>What stands behind <c>-o</c>.</summary>
    sealed record MountOptions(int Port, Nid? Nid, bool ReadOnly, bool Foreground, FileLockScope FileLocks)
    {
        static readonly string[] s_ignored =
            ["rw", "defaults", "_netdev", "noauto", "user_xattr", "nouser_xattr",
                "exec", "noexec", "suid", "nosuid", "dev", "nodev", "auto", "nofail", "relatime", "noatime"];

        public static MountOptions Parse(string[] texts)
        {
            var options = new MountOptions(988, null, false, false, FileLockScope.Everybody);
            foreach (string option in texts.SelectMany(
                text => text.Split(',', StringSplitOptions.RemoveEmptyEntries)))
            {
                string[] parts = option.Split('=', 2);
                options = parts switch
                {
                    ["port", var text] when int.TryParse(
                        text, NumberStyles.None, CultureInfo.InvariantCulture, out int port)
                        && port is > 0 and < 65536 => options with { Port = port },
                    ["nid", var text] => options with { Nid = HostCommand.ParseNid(text) },
                    ["ro"] => options with { ReadOnly = true },
                    ["flock"] => options with { FileLocks = FileLockScope.Everybody },
                    ["localflock"] => options with { FileLocks = FileLockScope.ThisNode },
                    ["noflock"] => options with { FileLocks = FileLockScope.Refused },
                    ["fg"] => options with { Foreground = true },
                    [var word] when s_ignored.Contains(word) => options,
                    _ => throw new HostException(Errno.EINVAL,
                        $"-o {option} is not known; there are port=N, nid=ADDRESS@tcp, ro, fg, flock, localflock, "
                        + "noflock"),
                };
            }
            return options;
        }
    }
}
