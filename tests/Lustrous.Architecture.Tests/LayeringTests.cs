using System.Xml.Linq;

namespace Lustrous.Architecture.Tests;

/// <summary>Who may reference whom is the table of docs/architecture.md, and nothing else.</summary>
public sealed class LayeringTests
{
    sealed record Row(int Floor, string Project, string[] References);

    [Fact]
    public void Every_project_is_in_the_table()
    {
        string[] projects = [.. Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src"))
            .Select(folder => Path.GetFileName(folder)!).Where(name => File.Exists(ProjectFile(name))).Order()];
        Assert.NotEmpty(projects);
        Assert.Empty(projects.Except(Table().Select(row => row.Project)));
    }

    [Fact]
    public void Every_project_references_only_what_the_table_allows()
    {
        foreach (Row row in Table().Where(row => File.Exists(ProjectFile(row.Project))))
        {
            string[] extra = [.. References(row.Project).Except(row.References)];
            Assert.True(extra.Length == 0, $"{row.Project} may not reference {string.Join(", ", extra)}");
        }
    }

    [Fact]
    public void Every_reference_of_the_table_points_to_a_lower_floor()
    {
        List<Row> table = Table();
        foreach (Row row in table)
            foreach (string name in row.References)
                Assert.True(table.Single(other => other.Project == name).Floor < row.Floor, $"{row.Project} -> {name}");
    }

    [Fact]
    public void The_barefloors_take_no_package()
    {
        string[] allowed = ["Microsoft.CodeAnalysis.BannedApiAnalyzers"];
        IEnumerable<Row> bare = Table().Where(row => row.Floor is <= 2 or >= 4 and <= 6);
        foreach (Row row in bare.Where(row => File.Exists(ProjectFile(row.Project))))
        {
            IEnumerable<string?> packages = XDocument.Load(ProjectFile(row.Project)).Descendants("PackageReference")
                .Select(reference => (string?)reference.Attribute("Include"));
            Assert.Empty(packages.Except(allowed));
        }
    }

    static string ProjectFile(string project) => Path.Combine(Repository.Root, "src", project, project + ".csproj");

    static IEnumerable<string> References(string project) =>
        XDocument.Load(ProjectFile(project)).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!));

    static List<Row> Table()
    {
        var rows = new List<Row>();
        foreach (string line in Repository.Read("docs", "architecture.md").Split('\n'))
        {
            string[] cells = [.. line.Split('|', StringSplitOptions.TrimEntries)];
            if (cells.Length < 6 || !int.TryParse(cells[1], out int floor))
                continue;
            string[] references = cells[4] switch
            {
                "–" => [],
                "all" => ["*"],
                _ => [.. cells[4].Split(',', StringSplitOptions.TrimEntries).Select(name => "Lustrous." + name)],
            };
            rows.Add(new Row(floor, cells[2].Trim('`'), references));
        }
        Assert.True(rows.Count >= 10, "the table of floors was not found in docs/architecture.md");
        return [.. rows.Select(row => row with { References = Expand(row, rows) })];
    }

    /// <summary>Libcfs and Idl are implied from floor 2 up; "all" is every lower floor.</summary>
    static string[] Expand(Row row, List<Row> rows)
    {
        IEnumerable<string> named = row.References is ["*"]
            ? rows.Where(other => other.Floor < row.Floor).Select(other => other.Project)
            : row.References;
        return [.. row.Floor >= 2 ? named.Union(["Lustrous.Libcfs", "Lustrous.Idl"]) : named];
    }
}
