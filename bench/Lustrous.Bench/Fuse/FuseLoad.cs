using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Lustrous.Bench.Fuse;

/// <summary>What programs do to a mount: large reads and writes one after another, and stats.</summary>
static class FuseLoad
{
    const int Mebi = 1 << 20;

    /// <summary>Writes a file of <paramref name="mebibytes"/> in calls of one, and closes it. It is there but for the
    /// first time, so that what is measured is not how fast Linux finds fresh memory.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="mebibytes">How much.</param>
    /// <param name="sync">With an fsync: all of it is then where it belongs.</param>
    /// <returns>MiB a second.</returns>
    public static double Write(string folder, int mebibytes, bool sync)
    {
        string path = Path.Combine(folder, "data");
        byte[] block = new byte[Mebi];
        new Random(1).NextBytes(block);
        long start = Stopwatch.GetTimestamp();
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write))
        {
            for (int i = 0; i < mebibytes; i++)
                RandomAccess.Write(file, block, (long)i * Mebi);
            if (sync)
                RandomAccess.FlushToDisk(file);
        }
        return mebibytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Reads it back. MiB a second.</summary>
    public static double Read(string folder)
    {
        byte[] block = new byte[Mebi];
        long start = Stopwatch.GetTimestamp();
        long offset = 0;
        using (SafeFileHandle file = File.OpenHandle(Path.Combine(folder, "data")))
            while (RandomAccess.Read(file, block, offset) is var length and > 0)
                offset += length;
        return offset / (double)Mebi / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Stats a second of one program.</summary>
    public static double Stat(string folder, TimeSpan duration)
    {
        string path = Path.Combine(folder, "s1");
        if (!File.Exists(path))
            File.Create(path).Dispose();
        var info = new FileInfo(path);
        long start = Stopwatch.GetTimestamp();
        int count = 0;
        for (; Stopwatch.GetElapsedTime(start) < duration; count++)
            info.Refresh();
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
