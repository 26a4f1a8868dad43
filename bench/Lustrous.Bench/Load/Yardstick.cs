namespace Lustrous.Bench.Load;

/// <summary>One line of the table: what Lustrous does beside what a bare socket does, in the same run.</summary>
/// <param name="Name">What is moved, over what, how many at once.</param>
/// <param name="Unit">Of both figures.</param>
/// <param name="Scale">What a rate of operations a second is multiplied by to become <paramref name="Unit"/>.</param>
sealed record Yardstick(string Name, string Unit, double Scale, Func<double> Bare, Func<Task<LoadResult>> Ours)
{
    /// <summary>
    /// Measures both in turns, so that a slow moment of the machine hits both, and prints the median ratio with its
    /// range.
    /// </summary>
    public async Task PrintAsync(int rounds, TextWriter output)
    {
        var ratios = new List<double>();
        var ours = new List<double>();
        var bare = new List<double>();
        double allocated = 0;
        for (int i = 0; i < rounds; i++)
        {
            bare.Add(Bare() * Scale);
            LoadResult result = await Ours();
            ours.Add(result.OperationsPerSecond * Scale);
            allocated = result.BytesAllocatedPerOperation;
            ratios.Add(ours[^1] / bare[^1]);
        }
        await output.WriteLineAsync(
            $"| {Name} | {Median(ours):N2} {Unit} | {Median(bare):N2} {Unit} | {Median(ratios):F2} " +
            $"({ratios.Min():F2}–{ratios.Max():F2}) | {allocated:F1} |");
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

/// <summary>What a load reached.</summary>
/// <param name="BytesAllocatedPerOperation">By the client's process, managed heap.</param>
readonly record struct LoadResult(double OperationsPerSecond, double BytesAllocatedPerOperation);
