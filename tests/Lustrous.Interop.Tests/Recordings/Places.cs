namespace Lustrous.Interop.Tests.Recordings;

/// <summary>Where recordings and data files are: excerpts in the project, whole recordings beside it.</summary>
static class Places
{
    public const string NoRecordings = "the recordings (../shared/recordings) are not beside this checkout";

    public static string Root { get; } = FindRoot();

    /// <summary>Null where the recordings are not beside this checkout.</summary>
    public static string? Shared { get; } = FindShared();

    public static string Fixture(params string[] parts) => Path.Combine([Root, "tests", "fixtures", .. parts]);

    /// <summary>The file of a recording; null where it is not there.</summary>
    public static string? Recording(string name) =>
        Shared is null ? null : Path.Combine(Shared, $"2.17-{name}.pcap.gz");

    static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lustrous.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("Lustrous.slnx");
    }

    static string? FindShared()
    {
        string beside = Environment.GetEnvironmentVariable("LUSTROUS_RECORDINGS")
            ?? Path.Combine(Root, "..", "shared", "recordings");
        return Directory.Exists(beside) ? beside : null;
    }
}
