using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Lustrous.Utils.Control;
using Lustrous.Utils.Copy;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Commands;

/// <summary><c>lustrous quickstart</c>: a file system, mounted; a tree copied in, read back and
/// compared.</summary>
static class QuickstartCommand
{
    public static Command Create()
    {
        var tree = new Argument<string?>("DIR")
        {
            Description = "The tree to copy; without it the folder of the .NET SDK",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var keep = new Option<bool>("--keep") { Description = "Stays mounted until Ctrl-C or umount" };
        var mount = new Option<string?>("--mount") { Description = "Where to mount; without it a new folder in /tmp" };
        var tasks = new Option<int>("--tasks")
        {
            Description = "Files at a time",
            DefaultValueFactory = static _ => Math.Max(4, Environment.ProcessorCount * 2),
        };
        var store = new Option<string?>("--store")
        {
            Description = "Folder for the targets, which stay there; without it they are in memory",
        };
        Option<bool> verbose = HostCommand.Verbose();
        // For tests: what the tree has become is looked at only after a line has come in.
        var pause = new Option<bool>("--pause-before-compare") { Hidden = true };
        var command = new Command("quickstart", """
            A whole file system (1 MGS, 1 MDT, 4 OSTs in one process), mounted through FUSE: copies DIR in,
            striped over the OSTs, mounts again, reads everything back and compares it.
            Exit code: 0 only if every byte, mode, owner, time and link matched.
            """)
        {
            tree, store, keep, mount, tasks, verbose, pause,
        };
        command.SetAction((parsed, _) => HostCommand.RunAsync("lustrous quickstart", stop => new Quickstart(
            parsed.GetValue(tree) ?? DefaultTree(), parsed.GetValue(mount), parsed.GetValue(tasks))
        {
            Store = parsed.GetValue(store),
            Keep = parsed.GetValue(keep),
            Pause = parsed.GetValue(pause),
            LogLevel = HostCommand.LevelOf(parsed.GetValue(verbose)),
        }.RunAsync(stop)));
        return command;
    }

    /// <summary>Where the runtime that runs us lies, two folders up: the SDK.</summary>
    static string DefaultTree() =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../.."));

    /// <summary>One run.</summary>
    sealed class Quickstart(string source, string? wantedMountPoint, int tasks)
    {
        const ulong StripedFrom = (1 << 20) + 1;    // bytes

        public string? Store { get; init; }

        public bool Keep { get; init; }

        public bool Pause { get; init; }

        public LogLevel LogLevel { get; init; }

        public async Task<int> RunAsync(CancellationToken stop)
        {
            if (!Directory.Exists(source))
                throw new HostException(Errno.ENOENT, $"there is no folder {source} to copy");
            if (wantedMountPoint is not null)
                FuseMount.CheckMountPoint(wantedMountPoint);
            string mountPoint = wantedMountPoint ?? Directory.CreateTempSubdirectory("lustrous-").FullName;
            try
            {
                return await RunAsync(mountPoint, stop);
            }
            finally
            {
                if (wantedMountPoint is null && !Directory.EnumerateFileSystemEntries(mountPoint).Any())
                    Directory.Delete(mountPoint);
            }
        }

        async Task<int> RunAsync(string mountPoint, CancellationToken stop)
        {
            await using QuickstartProcess host = await QuickstartProcess.StartAsync(
                mountPoint, Store, LogLevel, stop);
            string transport = await host.MountAsync(stop);
            string place = Store is null ? "in memory" : "in " + Store;
            Console.WriteLine($"{QuickstartHost.FsName}: 1 MGS, 1 MDT, 4 OST {place}, "
                + $"mounted on {mountPoint} (FUSE, {transport})");
            Tree tree = ReadTree();
            string copyPath = Path.Combine(mountPoint, Path.GetFileName(Path.TrimEndingDirectorySeparator(source)));
            Directory.CreateDirectory(copyPath);
            var copy = new TreeCopy(tree, copyPath, tasks) { Prepare = StripeAsync };
            await PassAsync("copying", tree, copy, copy.CopyAsync(stop));
            // A fresh client has nothing cached: what it reads comes from the servers.
            await host.UnmountAsync();
            await host.MountAsync(stop);
            if (Pause)
                await WaitForLineAsync(stop);
            await PassAsync("comparing", tree, copy, copy.CompareAsync(stop));
            await ShowAsync(tree, copyPath, mountPoint, stop);
            int exitCode = Judge(tree, copy);
            if (Store is not null)
                Console.WriteLine($"It stays in {Store}: lustrous up --store {Store} --mount DIR");
            if (Keep)
                await StayAsync(host, mountPoint, stop);
            return exitCode;
        }

        Tree ReadTree()
        {
            Tree tree = Tree.Read(source, line => Console.Error.WriteLine($"lustrous quickstart: left out: {line}"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{source}: {tree.Entries.Count} entries, {Amount(tree.Bytes)}"));
            return tree;
        }

        /// <summary>Large files over all OSTs, as <c>lfs setstripe -c -1 -S 1M</c> would.</summary>
        static async ValueTask<Errno> StripeAsync(string path, ulong size, CancellationToken cancel)
        {
            if (size < StripedFrom)
                return Errno.OK;
            ControlAnswer answer = await QuickstartProcess.LfsAsync(
                ["lfs", "setstripe", path, path, "-c", "-1", "-S", "1M"], cancel);
            return (Errno)answer.ExitCode;
        }

        static async Task PassAsync(string what, Tree tree, TreeCopy copy, Task running)
        {
            long started = Stopwatch.GetTimestamp();
            await ProgressDisplay.ShowAsync(what, tree.Bytes, tree.Entries.Count, copy, running);
            TimeSpan took = Stopwatch.GetElapsedTime(started);
            double seconds = Math.Max(took.TotalSeconds, 0.001);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{what,-9} {tree.Entries.Count} entries, {Amount(tree.Bytes)} in {took.TotalSeconds:F1} s: ")
                + string.Create(CultureInfo.InvariantCulture,
                    $"{tree.Bytes / 1e6 / seconds:F0} MB/s, {tree.Entries.Count / seconds:F0} entries/s"));
        }

        static async Task ShowAsync(Tree tree, string copyPath, string mountPoint, CancellationToken stop)
        {
            TreeEntry? striped = tree.Data.Where(entry => entry.Facts.Size >= 4 << 20).FirstOrDefault()
                ?? tree.Data.FirstOrDefault(entry => entry.Facts.Size >= StripedFrom);
            Console.WriteLine($"\n$ lfs df {mountPoint}");
            Console.Write(Text(await QuickstartProcess.LfsAsync(["lfs", "df", mountPoint, mountPoint], stop)));
            if (striped is null)
                return;
            string path = Path.Combine(copyPath, striped.Path);
            Console.WriteLine($"$ lfs getstripe {path}");
            Console.Write(Text(await QuickstartProcess.LfsAsync(["lfs", "getstripe", path, path], stop)));
        }

        static string Text(ControlAnswer answer) => answer.Output + answer.Error;

        static int Judge(Tree tree, TreeCopy copy)
        {
            const int shown = 20;
            foreach (string problem in copy.Problems.Take(shown))
                Console.Error.WriteLine($"DIFFERENT: {problem}");
            if (copy.Problems.Count > shown)
                Console.Error.WriteLine($"… and {copy.Problems.Count - shown} more");
            Console.WriteLine(copy.Problems.Count == 0
                ? $"OK: all {tree.Entries.Count} entries are equal: bytes, modes, owners, times and links"
                : $"FAILED: {copy.Problems.Count} differences");
            return copy.Problems.Count == 0 ? 0 : HostCommand.Failed;
        }

        static async Task StayAsync(QuickstartProcess host, string mountPoint, CancellationToken stop)
        {
            Console.WriteLine($"\nStays mounted on {mountPoint}; Ctrl-C or umount ends it.");
            await Console.Out.FlushAsync(CancellationToken.None);
            await Task.WhenAny(host.StayAsync(CancellationToken.None), HostCommand.StoppedAsync(stop));
        }

        static async Task WaitForLineAsync(CancellationToken stop)
        {
            Console.WriteLine("paused");
            await Console.Out.FlushAsync(CancellationToken.None);
            await Console.In.ReadLineAsync(stop);
        }

        static string Amount(long bytes) => bytes >= 1 << 30
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):F2} GiB")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):F1} MiB");
    }
}
