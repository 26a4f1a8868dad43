using System.Globalization;

namespace Lustrous.Bench.Peers;

/// <summary>What <c>bench/peers</c> measured, as a Markdown table and a plot: medians, and how many times as good as
/// the other file system Lustrous is: as fast, or for as much less time or processor.</summary>
static class PeersTable
{
    const string Ours = "lustrous", Other = "glusterfs";

    /// <param name="rows">A file of lines "file system, test, unit, repetition, value", separated by tabs.</param>
    /// <param name="plot">The SVG file to write.</param>
    /// <param name="output">Takes the table.</param>
    public static int Print(string rows, string plot, TextWriter output)
    {
        List<PeersTest> tests = Read(rows, out List<string> names);
        output.WriteLine($"| test | unit | {string.Join(" | ", names)} | Lustrous / GlusterFS |");
        output.WriteLine($"|---|---|{string.Concat(names.Select(_ => "---|"))}---|");
        foreach (PeersTest test in tests)
        {
            string values = string.Join(" | ", names.Select(name => test.Show(name)));
            string times = test.TimesAsGood(Ours, Other) is { } factor ? Show(factor) + "×" : "–";
            output.WriteLine($"| {test.Name} | {test.Unit} | {values} | {times} |");
        }
        File.WriteAllText(plot, new PeersPlot(Ours, Other).Draw(tests));
        return 0;
    }

    internal static string Show(double value) => value.ToString(
        value >= 100 ? "N0" : value >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture);

    static List<PeersTest> Read(string path, out List<string> names)
    {
        var tests = new List<PeersTest>();
        names = [];
        foreach (string line in File.ReadLines(path))
        {
            // What was given up has no value.
            if (line.Split('\t') is not [var name, var test, var unit, _, var text])
                throw new InvalidDataException($"{path}: not a measurement: {line}");
            if (!names.Contains(name))
                names.Add(name);
            PeersTest? of = tests.Find(known => known.Name == test);
            if (of is null)
                tests.Add(of = new PeersTest(test, unit));
            if (double.TryParse(text, CultureInfo.InvariantCulture, out double value))
                of.Add(name, value);
        }
        return tests;
    }
}
