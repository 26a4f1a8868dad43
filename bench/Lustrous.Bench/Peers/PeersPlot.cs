using System.Globalization;
using System.Text;

namespace Lustrous.Bench.Peers;

/// <summary>A bar a test: how many times as good, on a scale on which each step is ten times the last.</summary>
sealed class PeersPlot(string ours, string other)
{
    const int Left = 150, Width = 560, RowHeight = 22, Top = 40;
    const double Least = 0.1, Most = 1000;

    public string Draw(IReadOnlyList<PeersTest> tests)
    {
        var svg = new StringBuilder();
        int height = Top + (tests.Count * RowHeight) + 10;
        svg.AppendLine($"<svg xmlns='http://www.w3.org/2000/svg' width='{Left + Width + 70}' height='{height}' "
            + "font-family='sans-serif' font-size='12'>");
        svg.AppendLine($"<rect width='100%' height='100%' fill='white'/><text x='{Left}' y='16'>"
            + $"{ours}: times as good as {other}</text>");
        for (double mark = Least; mark <= Most; mark *= 10)
        {
            string color = mark is > 0.9 and < 1.1 ? "black" : "#ccc";
            string text = mark.ToString("0.#", CultureInfo.InvariantCulture);
            svg.AppendLine(
                $"<line x1='{X(mark)}' x2='{X(mark)}' y1='{Top - 6}' y2='{height - 8}' stroke='{color}'/>"
                + $"<text x='{X(mark)}' y='{Top - 10}' text-anchor='middle' fill='#666'>{text}</text>");
        }
        int y = Top;
        foreach (PeersTest test in tests)
        {
            svg.AppendLine($"<text x='{Left - 8}' y='{y + 14}' text-anchor='end'>{test.Name}</text>");
            if (test.TimesAsGood(ours, other) is { } factor)
            {
                int from = Math.Min(X(1), X(factor)), to = Math.Max(X(1), X(factor));
                string color = factor >= 1 ? "#2b7a4b" : "#b5442e";
                svg.AppendLine(
                    $"<rect x='{from}' y='{y + 3}' width='{Math.Max(1, to - from)}' height='{RowHeight - 8}' "
                    + $"fill='{color}'/><text x='{to + 5}' y='{y + 14}'>{PeersTable.Show(factor)}</text>");
            }
            y += RowHeight;
        }
        return svg.AppendLine("</svg>").ToString();
    }

    static int X(double factor)
    {
        double place = Math.Log10(Math.Clamp(factor, Least, Most) / Least) / Math.Log10(Most / Least);
        return Left + (int)(place * Width);
    }
}
