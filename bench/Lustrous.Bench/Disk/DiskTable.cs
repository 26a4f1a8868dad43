using System.Diagnostics;
using System.Globalization;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;
using Lustrous.Osd.Mem;

namespace Lustrous.Bench.Disk;

/// <summary>The device on a disk beside the one in memory, and beside <c>dd conv=fsync</c> on the same disk; in turns
/// of one run, as a Markdown table.</summary>
/// <param name="folder">On the disk.</param>
/// <param name="rounds">Measurements of each figure.</param>
/// <param name="mounted">Creates a second through a mount: of targets in a folder, or in memory.</param>
/// <param name="output">Takes the table.</param>
sealed class DiskTable(string folder, int rounds, Func<string?, Task<double>> mounted, TextWriter output)
{
    const int Creates = 50_000;
    const int Mebibytes = 512;
    static readonly NodeContext s_context = new(
        TimeProvider.System, new SeededRandom(1), new ThreadPoolWork(), new BufferPool(), NullLogSink.Instance);

    int _next;

    public async Task<int> RunAsync()
    {
        var creates = new List<(double Ours, double Yardstick)>();
        var writes = new List<(double Ours, double Yardstick)>();
        var files = new List<(double Ours, double Yardstick)>();
        for (int i = 0; i < rounds; i++)
        {
            await using (var memory = new MemDevice(s_context))
            {
                double yardstick = Create(memory);
                creates.Add((await OnDiskAsync(device => Task.FromResult(Create(device))), yardstick));
            }
            double plain = await DdAsync();
            writes.Add((await OnDiskAsync(WriteAsync), plain));
            double inMemory = await mounted(null);
            string store = Path.Combine(folder, $"store{i}");
            files.Add((await mounted(store), inMemory));
            Directory.Delete(store, recursive: true);
        }
        await output.WriteLineAsync("| what | ours | yardstick | ratio (least to most) |\n|---|---|---|---|");
        await PrintAsync("files made a second through a mount, beside targets in memory", files);
        await PrintAsync("transactions a second of the device alone, of 6 changes each, beside memory", creates);
        await PrintAsync("MB/s, 512 MiB in calls of 1 MiB and sync, beside dd conv=fsync", writes);
        return 0;
    }

    async Task PrintAsync(string what, List<(double Ours, double Yardstick)> runs)
    {
        double[] ratios = [.. runs.Select(run => run.Ours / run.Yardstick).Order()];
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"| {what} | {Median(runs.Select(r => r.Ours)):N0} | {Median(runs.Select(r => r.Yardstick)):N0} ")
            + string.Create(CultureInfo.InvariantCulture,
                $"| {ratios[ratios.Length / 2]:F2} ({ratios[0]:F2}–{ratios[^1]:F2}) |"));
    }

    static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    async Task<double> OnDiskAsync(Func<IDtDevice, Task<double>> measure)
    {
        string path = Path.Combine(folder, $"target{_next++}");
        Check(DiskDevice.Format(path, s_context.Random));
        Errno error = DiskDevice.Open(
            s_context, new DiskDeviceOptions { Path = path }, out DiskDevice? device, out string why);
        if (error != Errno.OK)
            throw new InvalidOperationException(why);
        double figure;
        await using (device)
            figure = await measure(device!);
        Directory.Delete(path, recursive: true);
        return figure;
    }

    /// <summary>As an MDT makes a file: object, two xattrs, a name, the directory's times, a client's line.</summary>
    static double Create(IDtDevice device)
    {
        IDtObject directory = Make(device, 1, DtMode.Directory, DtObjectFormat.Directory);
        IDtObject lines = Make(device, 2, DtMode.Regular, DtObjectFormat.Index(4, 128));
        byte[] layout = new byte[56], link = new byte[60], line = new byte[128];
        long started = Stopwatch.GetTimestamp();
        for (uint i = 0; i < Creates; i++)
        {
            DtTransaction transaction = device.Begin();
            Check(transaction.DeclareCreate());
            Check(transaction.DeclareXattr(layout.Length));
            Check(transaction.DeclareXattr(link.Length));
            Check(transaction.DeclareInsert(16));
            Check(transaction.Start());
            var fid = new Fid(FidSeq.NORMAL + 1, i + 1);
            IDtObject made = device.Locate(fid);
            Check(made.Create(
                transaction, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular }, DtObjectFormat.Regular));
            Check(made.SetXattr(transaction, DtXattr.Lov, layout));
            Check(made.SetXattr(transaction, DtXattr.Link, link));
            byte[] name = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"file-{i:d8}"));
            Check(directory.Insert(transaction, name, new DtEntry(fid, DtMode.Regular)));
            Check(directory.SetAttributes(
                transaction, new DtAttributes { Valid = DtValid.ModifyTime, ModifyTime = i }));
            Check(lines.IndexInsert(transaction, [0, 0, 0, 1], line, replace: true));
            transaction.Stop();
        }
        return Creates / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    static async Task<double> WriteAsync(IDtDevice device)
    {
        IDtObject file = Make(device, 3, DtMode.Regular, DtObjectFormat.Regular);
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < Mebibytes; i++)
        {
            using DtBuffers buffers = device.NewBuffers();
            Check(await file.GetWriteBuffersAsync(buffers, (long)i << 20, 1 << 20));
            DtTransaction transaction = device.Begin();
            Check(transaction.DeclareWrite(file, buffers));
            Check(transaction.Start());
            Check(await file.CommitWriteAsync(transaction, buffers));
            transaction.Stop();
        }
        Check(await device.SyncAsync());
        return Mebibytes * 1.048576 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    async Task<double> DdAsync()
    {
        string path = Path.Combine(folder, "dd");
        long started = Stopwatch.GetTimestamp();
        using (Process dd = Process.Start(new ProcessStartInfo(
            "dd", ["if=/dev/zero", $"of={path}", "bs=1M", $"count={Mebibytes}", "conv=fsync", "status=none"]))!)
            await dd.WaitForExitAsync();
        double figure = Mebibytes * 1.048576 / Stopwatch.GetElapsedTime(started).TotalSeconds;
        File.Delete(path);
        return figure;
    }

    static IDtObject Make(IDtDevice device, uint id, uint mode, DtObjectFormat format)
    {
        IDtObject made = device.Locate(new Fid(FidSeq.NORMAL, id));
        DtTransaction transaction = device.Begin();
        Check(transaction.DeclareCreate());
        Check(transaction.Start());
        Check(made.Create(transaction, new DtAttributes { Valid = DtValid.Mode, Mode = mode }, format));
        transaction.Stop();
        return made;
    }

    static void Check(Errno error)
    {
        if (error != Errno.OK)
            throw new InvalidOperationException($"the device says {error}");
    }
}
