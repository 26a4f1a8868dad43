namespace Lustrous.Osd.Tests.Support;

/// <summary>Directories for targets, gone with the test; in memory where the machine has such a file system.</summary>
sealed class DiskDirectoryFixture : IDisposable
{
    readonly string _root = Directory.CreateDirectory(Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(),
        $"lustrous-osd-{Environment.ProcessId}-{Guid.NewGuid():N}")).FullName;

    int _next;

    public string New() => Path.Combine(_root, $"target{Interlocked.Increment(ref _next)}");

    public void Dispose()
    {
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }
}
