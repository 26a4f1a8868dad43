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
        MountProcess.FollowInput(mountPoint, static () => "");
        await session.Completion;
        return 0;
    }

    /// <param name="rounds">Measurements of each figure.</param>
    /// <param name="mebibytes">Size of the file.</param>
    /// <param name="folder">A mounted Lustrous to compare with; null: one in a process of its own.</param>
    /// <param name="output">Takes the table.</param>
    public static async Task<int> RunAsync(int rounds, int mebibytes, string? folder, TextWriter output)
    {
        await using MountProcess? lustre = folder is null ? await MountProcess.StartAsync("up", "FOLDER") : null;
        if (!Enum.TryParse(lustre?.Greeting, out FuseTransportKind kind) && lustre is not null)
            throw new InvalidOperationException("Lustrous was not mounted");
        await output.WriteLineAsync("| through FUSE | Lustrous | null file system | ratio (range) |");
        await output.WriteLineAsync("|---|---|---|---|");
        // Ratios only where both use the same transport.
        foreach (FuseTransportKind other in Enum.GetValues<FuseTransportKind>())
        {
            string? mine = folder ?? (other == kind ? lustre!.Folder : null);
            foreach (bool direct in new[] { true, false })
                await RunAsync(other, direct, rounds, mebibytes, mine, output);
        }
        if (lustre is not null)
        {
            await RunTcpAsync(kind, rounds, mebibytes, output);
            await ListAsync(lustre, output);
        }
        return 0;
    }

    /// <summary>Servers in one process, a mount that writes in another, and one that reads in a third, so that nothing
    /// that is read was in a cache of the reader.</summary>
    static async Task RunTcpAsync(FuseTransportKind transport, int rounds, int mebibytes, TextWriter output)
    {
        await using MountProcess servers = await MountProcess.StartAsync("servers", TcpPort);
        await using MountProcess nothing = await MountProcess.StartAsync("null", "FOLDER", $"{transport}", "True");
        await using MountProcess writer = await MountProcess.StartAsync("mount", "127.0.0.2@tcp", TcpPort, "FOLDER");
        await using MountProcess reader = await MountProcess.StartAsync("mount", "127.0.0.3@tcp", TcpPort, "FOLDER");
        List<double>[] ours = [[], []], theirs = [[], []];
        for (int round = -2; round < rounds; round++)
        {
            double[] rates =
            [
                FuseLoad.Write(writer.Folder, mebibytes, sync: true), FuseLoad.Read(reader.Folder),
                FuseLoad.Write(nothing.Folder, mebibytes, sync: true), FuseLoad.Read(nothing.Folder),
            ];
            for (int i = 0; i < rates.Length && round >= 0; i++)
                (i < 2 ? ours : theirs)[i % 2].Add(rates[i]);
        }
        await output.WriteLineAsync(Line($"write 1 MiB and fsync, {transport}, servers over TCP", ours[0], theirs[0]));
        await output.WriteLineAsync(Line($"read 1 MiB uncached, {transport}, servers over TCP", ours[1], theirs[1]));
    }

    /// <summary>Requests that the kernel makes of <c>ls -l</c> when it has listed the files before.</summary>
    static async Task ListAsync(MountProcess lustre, TextWriter output)
    {
        const int files = 20_000;
        string folder = Directory.CreateDirectory(Path.Combine(lustre.Folder, "many")).FullName;
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

    static async Task<long> CountAsync(MountProcess lustre) =>
        long.Parse(await lustre.AskAsync(), CultureInfo.InvariantCulture);

    static async Task RunAsync(
        FuseTransportKind transport, bool direct, int rounds, int mebibytes, string? folder, TextWriter output)
    {
        await using MountProcess server = await MountProcess.StartAsync(
            "null", "FOLDER", $"{transport}", $"{direct}");
        string name = server.Greeting + (direct ? ", direct" : ", cached");
        var nothing = new List<double>[] { [], [], [] };
        var ours = new List<double>[] { [], [], [] };
        List<double>[] warm = [[], [], []];
        for (int round = -1; round < rounds; round++)
        {
            Measure(server.Folder, mebibytes, round < 0 ? warm : nothing);
            if (folder is not null)
                Measure(folder, mebibytes, round < 0 ? warm : ours);
        }
        string[] what = ["write 1 MiB", "read 1 MiB", "stat"];
        for (int i = 0; i < what.Length; i++)
            await output.WriteLineAsync(Line($"{what[i]}, {name}", ours[i], nothing[i]));
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
