using System.Globalization;
using System.Text.RegularExpressions;

namespace Lustrous.Architecture.Tests;

/// <summary>What a reader is promised of every file (docs/style, CONTRIBUTING.md), checked.</summary>
public sealed partial class TidyTests
{
    static readonly string[] CodeFolders = ["src", "eng", "tests", "bench"];

    [Fact]
    public void No_file_outgrows_its_room()
    {
        // Tables of constants and request formats are lists, not code to follow.
        var tooLong = from file in Repository.Sources(CodeFolders)
                      let lines = Repository.Read(file).AsSpan().Count('\n')
                      where lines > 650
                      select $"{file}: {lines} lines";
        Assert.Empty(tooLong);
    }

    [Fact]
    public void No_line_is_wider_than_a_page()
    {
        var tooWide = from file in Repository.Sources(CodeFolders)
                      from line in Repository.Read(file).Split('\n').Select((text, index) => (text, index))
                      where line.text.Length > 120
                      select $"{file}:{line.index + 1}: {line.text.Length} columns";
        Assert.Empty(tooWide);
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        var unfinished = from file in Repository.Sources(CodeFolders)
                         where !file.EndsWith(nameof(TidyTests) + ".cs", StringComparison.Ordinal)
                         from Match match in Unfinished().Matches(Repository.Read(file))
                         select $"{file}: {match.Value}";
        Assert.Empty(unfinished);
    }

    [Fact]
    public void Every_ranked_lock_stands_in_the_lock_order()
    {
        string order = Repository.Read("docs", "lock-order.md");
        var missing = from file in Repository.Sources("src")
                      from Match match in RankedLocks().Matches(Repository.Read(file))
                      let rank = int.Parse(match.Groups["rank"].Value, CultureInfo.InvariantCulture)
                      let name = match.Groups["name"].Value
                      where !Regex.IsMatch(order, $@"\|\s*{rank}\s*\|\s*`?{Regex.Escape(name)}`?\s*\|")
                      select $"{file}: rank {rank}, {name}";
        Assert.Empty(missing);
    }

    [Fact]
    public void No_package_version_stands_outside_the_central_list()
    {
        var versions = from file in Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
                       where Regex.IsMatch(File.ReadAllText(file), "<PackageReference[^>]*Version=")
                       select Path.GetRelativePath(Repository.Root, file);
        Assert.Empty(versions);
    }

    [Fact]
    public void Every_project_is_part_of_the_solution()
    {
        string solution = Repository.Read("Lustrous.slnx");
        var missing = from file in Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
                      let name = Path.GetRelativePath(Repository.Root, file)
                      where !name.Contains("/obj/", StringComparison.Ordinal)
                      where !solution.Contains(name, StringComparison.Ordinal)
                      select name;
        Assert.Empty(missing);
    }

    [GeneratedRegex(@"\bTODO\b|\bFIXME\b|\bHACK\b|NotImplementedException|^\s*#region", RegexOptions.Multiline)]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"new(?: RankedLock)?\((?:rank: )?(?<rank>\d+), (?:name: )?""(?<name>[^""]+)""\)")]
    private static partial Regex RankedLocks();
}
