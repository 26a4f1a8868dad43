using System.Runtime.CompilerServices;
using Lustrous.Obdclass.Llog;

namespace Lustrous.Obdclass.Tests;

/// <summary>Files of tests/fixtures.</summary>
static class Fixtures
{
    public static byte[] ConfigLog(string name) =>
        File.ReadAllBytes(Path.Combine(Folder(), "config-llogs", name + ".llog"));

    public static LlogHandle Open(byte[] bytes) => LlogHandle.Open(new MemoryLlogStorage(bytes)).Value;

    /// <summary>The lines that kernel Lustre printed for a log.</summary>
    public static string[] PrintedLog(string name) =>
    [
        .. File.ReadLines(Path.Combine(Folder(), "config-llogs", "llog_print.txt"))
            .SkipWhile(line => line != "## " + name).Skip(1)
            .TakeWhile(line => !line.StartsWith("##", StringComparison.Ordinal)),
    ];

    static string Folder([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "fixtures"));
}
