using System.Diagnostics;
using System.Globalization;

namespace Lustrous.Bench.Fuse;

/// <summary>How fast one program makes files in a mounted Lustrous, all of it in a process of its own.</summary>
static class MountedCreates
{
    const int WarmUp = 500, Files = 4000;

    /// <param name="store">Folder of the targets, which are made; null: in memory.</param>
    public static async Task<double> MeasureAsync(string? store)
    {
        string mount = Directory.CreateTempSubdirectory("lustrous-bench-").FullName;
        using Process up = FuseTable.Start(store is null ? ["up", mount] : ["up-on", store, mount]);
        if (await up.StandardOutput.ReadLineAsync() is null)
            throw new InvalidOperationException("Lustrous was not mounted");
        Make(mount, "warm-up", WarmUp);
        long started = Stopwatch.GetTimestamp();
        Make(mount, "files", Files);
        double rate = Files / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await FuseTable.UnmountAsync(mount, up);
        Directory.Delete(mount);
        return rate;
    }

    static void Make(string mount, string name, int files)
    {
        string directory = Directory.CreateDirectory(Path.Combine(mount, name)).FullName;
        for (int i = 0; i < files; i++)
        {
            string path = Path.Combine(directory, i.ToString(CultureInfo.InvariantCulture));
            new FileStream(path, FileMode.CreateNew).Dispose();
        }
    }
}
