using System.Diagnostics;
using System.Globalization;
using Lustrous.Fuse.Protocol;

namespace Lustrous.Bench.Fuse;

/// <summary>Sequential I/O through FUSE: a file system that does nothing, and Lustrous, in turns.</summary>
static class FuseTable
{
    const string TcpPort = "9887";

    /// <summary>Serves the null file system until it is unmounted.</summary>
    public static async Task<int> ServeAsync(string mountPoint, FuseTransportKind transport, bool direct)
    {
        var options = new FuseMountOptions { MountPoint = mountPoint, Transport = transport, FsName = "null" };
        FuseSession session = await FuseSession.MountAsync(options, new NullFileSystem { DirectIo = direct });
        Console.WriteLine(session.Transport.ToString());
        await session.Completion;
        return 0;
    }

    /// <param name="rounds">Measurements of each figure.</param>
    /// <param name="mebibytes">Size of the file.</param>
    /// <param name="folder">A mounted Lustrous to compare with; null: one in a process of its own.</param>
    /// <param name="output">Takes the table.</param>
    public static async Task<int> RunAsync(int rounds, int mebibytes, string? folder, TextWriter output)
    {
        string own = Directory.CreateTempSubdirectory("lustrous-bench-").FullName;
        using Process? lustre = folder is null ? Start(["up", own]) : null;
        string transport = lustre is null ? "" : await lustre.StandardOutput.ReadLineAsync() ?? "";
        if (!Enum.TryParse(transport, out FuseTransportKind kind) && lustre is not null)
            throw new InvalidOperationException("Lustrous was not mounted");
        await output.WriteLineAsync("| through FUSE | Lustrous | null file system | ratio (range) |");
        await output.WriteLineAsync("|---|---|---|---|");
        // Ratios only where both use the same transport.
        foreach (FuseTransportKind other in Enum.GetValues<FuseTransportKind>())
        {
            string? mine = folder ?? (other == kind ? own : null);
            foreach (bool direct in new[] { true, false })
                await RunAsync(other, direct, rounds, mebibytes, mine, output);
        }
        if (lustre is not null)
        {
            await RunTcpAsync(kind, rounds, mebibytes, output);
            await ListAsync(own, lustre, output);
            await UnmountAsync(own, lustre);
        }
        Directory.Delete(own);
        return 0;
    }

    /// <summary>Servers in one process, a mount that writes in another, and one that reads in a third, so that nothing
    /// that is read was in a cache of the reader.</summary>
    static async Task RunTcpAsync(FuseTransportKind transport, int rounds, int mebibytes, TextWriter output)
    {
        string[] folders = ["null", "writer", "reader"];
        folders = [.. folders.Select(name => Directory.CreateTempSubdirectory($"lustrous-{name}-").FullName)];
        using Process servers = Start(["servers", TcpPort]);
        await servers.StandardOutput.ReadLineAsync();
        using Process nothing = Start(["null", folders[0], $"{transport}", "True"]);
        using Process writer = Start(["mount", "127.0.0.2@tcp", TcpPort, folders[1]]);
        using Process reader = Start(["mount", "127.0.0.3@tcp", TcpPort, folders[2]]);
        foreach (Process mount in new[] { nothing, writer, reader })
            await mount.StandardOutput.ReadLineAsync();
        List<double>[] ours = [[], []], theirs = [[], []];
        for (int round = -2; round < rounds; round++)
        {
            double[] rates =
            [
                FuseLoad.Write(folders[1], mebibytes, sync: true), FuseLoad.Read(folders[2]),
                FuseLoad.Write(folders[0], mebibytes, sync: true), FuseLoad.Read(folders[0]),
            ];
            for (int i = 0; i < rates.Length && round >= 0; i++)
                (i < 2 ? ours : theirs)[i % 2].Add(rates[i]);
        }
        await output.WriteLineAsync(Line($"write 1 MiB and fsync, {transport}, servers over TCP", ours[0], theirs[0]));
        await output.WriteLineAsync(Line($"read 1 MiB uncached, {transport}, servers over TCP", ours[1], theirs[1]));
        await UnmountAsync(folders[0], nothing);
        await UnmountAsync(folders[1], writer);
        await UnmountAsync(folders[2], reader);
        await servers.StandardInput.WriteLineAsync();
        await servers.WaitForExitAsync();
        foreach (string folder in folders)
            Directory.Delete(folder);
    }

    /// <summary>Requests that the kernel makes of <c>ls -l</c> when it has listed the files before.</summary>
    static async Task ListAsync(string mountPoint, Process lustre, TextWriter output)
    {
        const int files = 20_000;
        string folder = Directory.CreateDirectory(Path.Combine(mountPoint, "many")).FullName;
        for (int i = 0; i < files; i++)
            File.Create(Path.Combine(folder, $"file{i}")).Dispose();
        await ListAsync(folder);
        long start = Stopwatch.GetTimestamp();
        long before = await CountAsync(lustre);
        await ListAsync(folder);
        long after = await CountAsync(lustre);
        await output.WriteLineAsync(FormattableString.Invariant(
            $"\n`ls -l` of {files:N0} files once more: {after - before} FUSE requests in all, ")
            + FormattableString.Invariant($"{Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s."));
    }

    static async Task ListAsync(string folder)
    {
        using Process ls = Process.Start(
            new ProcessStartInfo("ls", ["-l", folder]) { RedirectStandardOutput = true })!;
        await ls.StandardOutput.ReadToEndAsync();
        await ls.WaitForExitAsync();
    }

    static async Task<long> CountAsync(Process lustre)
    {
        await lustre.StandardInput.WriteLineAsync();
        return long.Parse((await lustre.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
    }

    static async Task RunAsync(
        FuseTransportKind transport, bool direct, int rounds, int mebibytes, string? folder, TextWriter output)
    {
        string mountPoint = Directory.CreateTempSubdirectory("lustrous-null-").FullName;
        using Process server = Start(["null", mountPoint, $"{transport}", $"{direct}"]);
        string name = (await server.StandardOutput.ReadLineAsync() ?? "no mount") + (direct ? ", direct" : ", cached");
        var nothing = new List<double>[] { [], [], [] };
        var ours = new List<double>[] { [], [], [] };
        List<double>[] warm = [[], [], []];
        for (int round = -1; round < rounds; round++)
        {
            Measure(mountPoint, mebibytes, round < 0 ? warm : nothing);
            if (folder is not null)
                Measure(folder, mebibytes, round < 0 ? warm : ours);
        }
        string[] what = ["write 1 MiB", "read 1 MiB", "stat"];
        for (int i = 0; i < what.Length; i++)
            await output.WriteLineAsync(Line($"{what[i]}, {name}", ours[i], nothing[i]));
        await UnmountAsync(mountPoint, server);
        Directory.Delete(mountPoint);
    }

    /// <summary>This program, serving a mount as a process of its own.</summary>
    internal static Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        // Run as "dotnet lustrous-bench.dll".
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(FuseTable).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    internal static async Task UnmountAsync(string mountPoint, Process server)
    {
        using (Process umount = Process.Start("umount", mountPoint))
            await umount.WaitForExitAsync();
        await server.WaitForExitAsync();
    }

    static void Measure(string folder, int mebibytes, List<double>[] results)
    {
        results[0].Add(FuseLoad.Write(folder, mebibytes, sync: false));
        results[1].Add(FuseLoad.Read(folder));
        results[2].Add(FuseLoad.Stat(folder, TimeSpan.FromSeconds(0.3)));
    }

    static string Line(string name, List<double> ours, List<double> nothing)
    {
        if (ours.Count == 0)
            return FormattableString.Invariant($"| {name} | – | {Median(nothing):N0} | – |");
        List<double> ratios = [.. ours.Zip(nothing, (mine, null_) => mine / null_)];
        return FormattableString.Invariant($"| {name} | {Median(ours):N0} | {Median(nothing):N0} ")
            + FormattableString.Invariant($"| {Median(ratios):F2} ({ratios.Min():F2}–{ratios.Max():F2}) |");
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
