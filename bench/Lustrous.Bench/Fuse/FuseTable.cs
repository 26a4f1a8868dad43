using System.Diagnostics;
using Lustrous.Fuse.Protocol;

namespace Lustrous.Bench.Fuse;

/// <summary>Sequential I/O through FUSE: a file system that does nothing, and Lustrous, in turns.</summary>
static class FuseTable
{
    /// <summary>Serves the null file system until it is unmounted.</summary>
    public static async Task<int> ServeAsync(string mountPoint, FuseTransportKind transport, bool direct)
    {
        var options = new FuseMountOptions { MountPoint = mountPoint, Transport = transport, FsName = "null" };
        FuseSession session = await FuseSession.MountAsync(options, new NullFileSystem { DirectIo = direct });
        Console.WriteLine(session.Transport.ToString());
        await session.Completion;
        return 0;
    }

    /// <param name="folder">A mounted Lustrous to compare with; null: only what FUSE does.</param>
    public static async Task<int> RunAsync(int rounds, int mebibytes, string? folder, TextWriter output)
    {
        await output.WriteLineAsync("| through FUSE | Lustrous | null file system | ratio (range) |");
        await output.WriteLineAsync("|---|---|---|---|");
        foreach (FuseTransportKind transport in Enum.GetValues<FuseTransportKind>())
            foreach (bool direct in new[] { true, false })
                await RunAsync(transport, direct, rounds, mebibytes, folder, output);
        return 0;
    }

    static async Task RunAsync(
        FuseTransportKind transport, bool direct, int rounds, int mebibytes, string? folder, TextWriter output)
    {
        string mountPoint = Directory.CreateTempSubdirectory("lustrous-null-").FullName;
        using Process server = Start(mountPoint, transport, direct);
        string name = (await server.StandardOutput.ReadLineAsync() ?? "no mount") + (direct ? ", direct" : ", cached");
        var nothing = new List<double>[] { [], [], [] };
        var ours = new List<double>[] { [], [], [] };
        for (int round = 0; round < rounds; round++)
        {
            Measure(mountPoint, mebibytes, nothing);
            if (folder is not null)
                Measure(folder, mebibytes, ours);
        }
        string[] what = ["write 1 MiB", "read 1 MiB", "stat"];
        for (int i = 0; i < what.Length; i++)
            await output.WriteLineAsync(Line($"{what[i]}, {name}", ours[i], nothing[i]));
        using (Process umount = Process.Start("umount", mountPoint))
            await umount.WaitForExitAsync();
        await server.WaitForExitAsync();
        Directory.Delete(mountPoint);
    }

    static Process Start(string mountPoint, FuseTransportKind transport, bool direct)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // Run as "dotnet lustrous-bench.dll".
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(FuseTable).Assembly.Location);
        foreach (string argument in new[] { "null", mountPoint, $"{transport}", $"{direct}" })
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    static void Measure(string folder, int mebibytes, List<double>[] results)
    {
        results[0].Add(FuseLoad.Write(folder, mebibytes));
        results[1].Add(FuseLoad.Read(folder));
        results[2].Add(FuseLoad.Stat(folder, TimeSpan.FromSeconds(0.3)));
        File.Delete(Path.Combine(folder, "data"));
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
