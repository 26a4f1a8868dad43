using System.Diagnostics;
using System.Globalization;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;

namespace Lustrous.Bench.Disk;

/// <summary>Files on a disk that become more, all in one directory or in a tree: what a lookup by path costs then, with
/// the object behind it, and what memory it takes, as a Markdown table. The yardstick has the same form, and few files.
/// </summary>
sealed class GrowthTable(string folder, int files, bool isTree, TextWriter output, TextWriter progress)
{
    const int First = 10_000;
    const int Lookups = 20_000;
    const int Turns = 5;
    const int FilesAtOnce = 100_000;

    static readonly NodeContext s_context = new(
        TimeProvider.System, new SeededRandom(1), new ThreadPoolWork(), new BufferPool(), NullLogSink.Instance);

    // As a server gives to a target.
    static readonly long s_memoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 16;

    public async Task<int> RunAsync()
    {
        string path = Path.Combine(folder, "growth");
        Check(DiskDevice.Format(path, s_context.Random));
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"| files | made a second | lookup, µs | beside 10,000 (least to most) ")
            + "| process, MiB (at most) | managed, MiB |\n|---|---|---|---|---|---|");
        await using (DiskDevice device = Open(path))
        {
            GrowthTree small = new(1, isTree, device), large = new(2, isTree, device);
            small.Grow(0, First);
            int made = 0;
            for (long wanted = First; made < files; wanted *= 10)
            {
                int upTo = (int)Math.Min(wanted, files);
                double rate = Grow(large, made, upTo);
                made = upTo;
                Check(await device.SyncAsync());
                await MeasureAsync(small, large, made, rate.ToString("N0", CultureInfo.InvariantCulture));
            }
        }
        await using (DiskDevice again = Open(path))
        {
            await MeasureAsync(
                new GrowthTree(1, isTree, again), new GrowthTree(2, isTree, again), files, "opened again");
        }
        Directory.Delete(path, recursive: true);
        return 0;
    }

    double Grow(GrowthTree tree, int from, int to)
    {
        long started = Stopwatch.GetTimestamp();
        for (int at = from; at < to; at += FilesAtOnce)
        {
            tree.Grow(at, Math.Min(at + FilesAtOnce, to));
            using var self = Process.GetCurrentProcess();
            progress.Write(string.Create(CultureInfo.InvariantCulture,
                $"\r{Math.Min(at + FilesAtOnce, to):N0} of {files:N0} files, {self.WorkingSet64 >> 20:N0} MiB "));
        }
        progress.Write("\r");
        return (to - from) / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    async Task MeasureAsync(GrowthTree small, GrowthTree large, int count, string how)
    {
        var costs = new List<double>();
        var ratios = new List<double>();
        for (int turn = 0; turn < Turns; turn++)
        {
            double yardstick = Look(small, First, turn);
            double cost = Look(large, count, turn);
            costs.Add(cost);
            ratios.Add(cost / yardstick);
        }
        costs.Sort();
        ratios.Sort();
        using var self = Process.GetCurrentProcess();
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"| {count:N0} | {how} | {costs[Turns / 2]:F1} | {ratios[Turns / 2]:F2} ({ratios[0]:F2}–{ratios[^1]:F2}) ")
            + string.Create(CultureInfo.InvariantCulture,
            $"| {self.WorkingSet64 >> 20:N0} ({self.PeakWorkingSet64 >> 20:N0}) ")
            + string.Create(CultureInfo.InvariantCulture,
            $"| {GC.GetTotalMemory(forceFullCollection: true) >> 20:N0} |"));
    }

    /// <summary>Microseconds of going down to a file and reading its attributes.</summary>
    static double Look(GrowthTree tree, int count, int turn)
    {
        var random = new Random(turn);
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < Lookups; i++)
            tree.Look(random.Next(count));
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Lookups;
    }

    static DiskDevice Open(string path)
    {
        var options = new DiskDeviceOptions { Path = path, MemoryBytes = s_memoryBytes };
        Errno error = DiskDevice.Open(s_context, options, out DiskDevice? device, out string why);
        return error == Errno.OK ? device! : throw new InvalidOperationException(why);
    }

    static void Check(Errno error)
    {
        if (error != Errno.OK)
            throw new InvalidOperationException($"the device says {error}");
    }
}
