using System.Globalization;
using System.Runtime.CompilerServices;

namespace Lustrous.Simulation;

/// <summary>
/// Which seeds a test runs: 1 … N, fixed, so that a change and not chance turns a test red.
/// <c>LUSTROUS_SEED=S</c> runs
/// only S
/// (and <c>LUSTROUS_TRACE=FILE</c> then keeps the whole trace); <c>LUSTROUS_SEEDS=N</c> runs N of each, the long form;
/// <c>LUSTROUS_FIRST_SEED=S</c> starts elsewhere.
/// </summary>
public static class Seeds
{
    /// <summary>Runs <paramref name="run"/> for every seed, the first failure ends it.</summary>
    public static void Each(int count, Action<ulong> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (Number("LUSTROUS_SEED") is { } single)
        {
            run(single);
            return;
        }
        ulong first = Number("LUSTROUS_FIRST_SEED") ?? 1;
        ulong many = Number("LUSTROUS_SEEDS") ?? (ulong)count;
        for (ulong seed = first; seed < first + many; seed++)
            run(seed);
    }

    /// <summary>Simulates <paramref name="body"/> for every seed.</summary>
    public static void Simulate(
        int count, Func<Simulation, Task> body, SimOptions? options = null, [CallerMemberName] string test = "") =>
        Each(count, seed => Simulation.Run(seed, body, options is null ? null : Options(options), test));

    /// <summary>Adds what the environment asks for.</summary>
    internal static SimOptions Options(SimOptions options)
    {
        if (Number("LUSTROUS_SEED") is null)
            return options;
        string? path = Environment.GetEnvironmentVariable("LUSTROUS_TRACE");
        return options with
        {
            TailLines = Math.Max(options.TailLines, 400),
            TraceText = options.TraceText ?? (path is null ? null : File.CreateText(path)),
        };
    }

    static ulong? Number(string name) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out ulong value)
            ? value
            : null;
}
