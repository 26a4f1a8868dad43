namespace Lustrous.Utils.Tests.Decode;

/// <summary>Where the captures are: excerpts in the project, whole recordings beside it.</summary>
static class Captures
{
    public const string NoRecordings = "the recordings (../shared/recordings) are not beside this checkout";

    static readonly string Root = FindRoot();

    public static string? Recordings { get; } = FindRecordings();

    public static TheoryData<string> Excerpts()
    {
        var names = new TheoryData<string>();
        string[] files = Directory.GetFiles(Path.Combine(Root, "tests", "fixtures", "captures"), "*.gz");
        foreach (string file in files.Order(StringComparer.Ordinal))
            names.Add(Path.GetFileName(file).Replace(".pcap.gz", "", StringComparison.Ordinal));
        return names;
    }

    public static string Excerpt(string name) => Path.Combine(Root, "tests", "fixtures", "captures", name + ".pcap.gz");

    public static TheoryData<string> RecordingNames()
    {
        var names = new TheoryData<string>();
        string[] files = Recordings is null ? ["(none)"] : Directory.GetFiles(Recordings, "*.pcap.gz");
        foreach (string file in files.Order(StringComparer.Ordinal))
            names.Add(Path.GetFileName(file).Replace(".pcap.gz", "", StringComparison.Ordinal));
        return names;
    }

    static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lustrous.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("Lustrous.slnx");
    }

    static string? FindRecordings()
    {
        string beside = Path.Combine(Root, "..", "shared", "recordings");
        return Directory.Exists(beside) ? beside : null;
    }
}
