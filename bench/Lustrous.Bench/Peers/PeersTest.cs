namespace Lustrous.Bench.Peers;

/// <summary>One of the workloads: what each file system came to.</summary>
sealed class PeersTest(string name, string unit)
{
    readonly Dictionary<string, List<double>> _values = [];

    public string Name { get; } = name;

    public string Unit { get; } = unit;

    /// <summary>Times and costs, of which less is better; else a rate.</summary>
    bool IsTime => Unit.StartsWith('s');

    public void Add(string fileSystem, double value)
    {
        if (!_values.TryGetValue(fileSystem, out List<double>? values))
            _values[fileSystem] = values = [];
        values.Add(value);
    }

    /// <summary>The median, and from where to where the others were.</summary>
    public string Show(string fileSystem)
    {
        if (Median(fileSystem) is not { } median)
            return "given up";
        List<double> all = _values[fileSystem];
        return all.Count == 1
            ? PeersTable.Show(median)
            : $"{PeersTable.Show(median)} ({PeersTable.Show(all.Min())}–{PeersTable.Show(all.Max())})";
    }

    /// <summary>Null where one of them has no figure.</summary>
    public double? TimesAsGood(string ours, string other)
    {
        (double? mine, double? theirs) = (Median(ours), Median(other));
        return IsTime ? theirs / mine : mine / theirs;
    }

    double? Median(string fileSystem) =>
        _values.TryGetValue(fileSystem, out List<double>? values) ? values.Order().ElementAt(values.Count / 2) : null;
}
