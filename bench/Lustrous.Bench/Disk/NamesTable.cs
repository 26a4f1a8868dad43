using System.Diagnostics;
using System.Globalization;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;

namespace Lustrous.Bench.Disk;

/// <summary>One directory on a disk that grows: what a lookup costs in it, with the object behind the name, and what
/// memory it takes, as a Markdown table. The yardstick is the directory when it is small.</summary>
sealed class NamesTable(string folder, int names, TextWriter output)
{
    const int First = 10_000;
    const int Lookups = 20_000;
    const int Turns = 5;

    static readonly NodeContext s_context = new(
        TimeProvider.System, new SeededRandom(1), new ThreadPoolWork(), new BufferPool(), NullLogSink.Instance);

    static readonly Fid s_small = new(FidSeq.NORMAL, 1), s_large = new(FidSeq.NORMAL, 2);

    public async Task<int> RunAsync()
    {
        string path = Path.Combine(folder, "names");
        Check(DiskDevice.Format(path, s_context.Random));
        await output.WriteLineAsync(
            "| names | lookup, µs | beside 10,000 names (least to most) | process, MiB | managed, MiB |\n"
            + "|---|---|---|---|---|");
        await using (DiskDevice device = Open(path))
        {
            IDtObject small = Make(device, s_small), large = Make(device, s_large);
            Fill(device, small, 0, First);
            int made = 0;
            for (int wanted = First; wanted <= names; wanted *= 10)
            {
                Fill(device, large, made, wanted);
                made = wanted;
                Check(await device.SyncAsync());
                await MeasureAsync(device, made, "");
            }
        }
        await using (DiskDevice again = Open(path))
            await MeasureAsync(again, names, ", opened again");
        Directory.Delete(path, recursive: true);
        return 0;
    }

    async Task MeasureAsync(DiskDevice device, int count, string how)
    {
        IDtObject small = device.Locate(s_small), large = device.Locate(s_large);
        var costs = new List<double>();
        var ratios = new List<double>();
        for (int turn = 0; turn < Turns; turn++)
        {
            double yardstick = Look(device, small, 1, First, turn);
            double cost = Look(device, large, 2, count, turn);
            costs.Add(cost);
            ratios.Add(cost / yardstick);
        }
        costs.Sort();
        ratios.Sort();
        using var self = Process.GetCurrentProcess();
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"| {count:N0}{how} | {costs[Turns / 2]:F1} | {ratios[Turns / 2]:F2} ({ratios[0]:F2}–{ratios[^1]:F2}) ")
            + string.Create(CultureInfo.InvariantCulture,
            $"| {self.WorkingSet64 >> 20:N0} | {GC.GetTotalMemory(forceFullCollection: true) >> 20:N0} |"));
    }

    /// <summary>Microseconds of finding a name and reading its object's attributes.</summary>
    static double Look(DiskDevice device, IDtObject directory, uint which, int count, int turn)
    {
        var random = new Random(turn);
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < Lookups; i++)
        {
            Check(directory.Lookup(NameOf(which, random.Next(count)), out DtEntry entry));
            Check(device.Locate(entry.Fid).GetAttributes(out _));
        }
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Lookups;
    }

    static void Fill(DiskDevice device, IDtObject directory, int from, int to)
    {
        byte[] layout = new byte[56], link = new byte[60];
        uint which = directory.Fid.ObjectId;
        for (int i = from; i < to; i++)
        {
            DtTransaction transaction = device.Begin();
            Check(transaction.Start());
            var fid = new Fid(FidSeq.NORMAL + which, (uint)i + 1);
            IDtObject made = device.Locate(fid);
            Check(made.Create(
                transaction, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular }, DtObjectFormat.Regular));
            Check(made.SetXattr(transaction, DtXattr.Lov, layout));
            Check(made.SetXattr(transaction, DtXattr.Link, link));
            Check(directory.Insert(transaction, NameOf(which, i), new DtEntry(fid, DtMode.Regular)));
            transaction.Stop();
        }
    }

    static byte[] NameOf(uint which, int number) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"file-{which}-{number:d8}"));

    static DiskDevice Open(string path)
    {
        Errno error = DiskDevice.Open(
            s_context, new DiskDeviceOptions { Path = path }, out DiskDevice? device, out string why);
        return error == Errno.OK ? device! : throw new InvalidOperationException(why);
    }

    static IDtObject Make(DiskDevice device, Fid fid)
    {
        IDtObject made = device.Locate(fid);
        DtTransaction transaction = device.Begin();
        Check(transaction.Start());
        Check(made.Create(transaction, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Directory },
            DtObjectFormat.Directory));
        transaction.Stop();
        return made;
    }

    static void Check(Errno error)
    {
        if (error != Errno.OK)
            throw new InvalidOperationException($"the device says {error}");
    }
}
