namespace Lustrous.Ptlrpc.Tests.Layout;

/// <summary>Lustre's own tables, as they stand in tests/fixtures/wire.</summary>
static class WireTables
{
    /// <summary>The rows of a table after its header, split at tabs.</summary>
    public static string[][] Rows(string file)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lustrous.slnx")))
            folder = folder.Parent;
        Assert.NotNull(folder);
        string path = Path.Combine(folder.FullName, "tests", "fixtures", "wire", file);
        return [.. File.ReadLines(path).Skip(1).Select(line => line.Split('\t'))];
    }

    /// <summary>C's name and C#'s name of the same thing become the same.</summary>
    public static string Normal(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
}
