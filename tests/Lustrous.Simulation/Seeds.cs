using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

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
        foreach (ulong seed in List(count))
            run(seed);
    }

    /// <summary>Simulates <paramref name="body"/> for every seed.</summary>
    public static void Simulate(
        int count, Func<Simulation, Task> body, SimOptions? options = null, [CallerMemberName] string test = "") =>
        Each(count, seed => Simulation.Run(seed, body, options is null ? null : Options(options), test));

    /// <summary>
    /// The same on every processor at once, for a body that keeps nothing between seeds: each run has a thread of its
    /// own, and what it does depends on its seed alone. Of several failures the one of the lowest seed is told.
    /// </summary>
    public static void SimulateSideBySide(
        int count, Func<Simulation, Task> body, [CallerMemberName] string test = "")
    {
        ulong[] seeds = List(count);
        var failures = new Exception?[seeds.Length];
        int next = -1, stop = 0;
        Thread[] threads =
            [.. Enumerable.Range(0, Math.Min(Environment.ProcessorCount, seeds.Length)).Select(_ => new Thread(Work))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        if (Array.Find(failures, failure => failure is not null) is { } first)
            ExceptionDispatchInfo.Throw(first);

        void Work()
        {
            int at;
            while (Volatile.Read(ref stop) == 0 && (at = Interlocked.Increment(ref next)) < seeds.Length)
            {
                try
                {
                    Simulation.Run(seeds[at], body, null, test);
                }
#pragma warning disable CA1031 // thrown again where the test runs
                catch (Exception e)
#pragma warning restore CA1031
                {
                    failures[at] = e;
                    Volatile.Write(ref stop, 1);
                }
            }
        }
    }

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

    static ulong[] List(int count)
    {
        if (Number("LUSTROUS_SEED") is { } single)
            return [single];
        ulong first = Number("LUSTROUS_FIRST_SEED") ?? 1;
        var seeds = new ulong[Number("LUSTROUS_SEEDS") ?? (ulong)count];
        for (int i = 0; i < seeds.Length; i++)
            seeds[i] = first + (ulong)i;
        return seeds;
    }

    static ulong? Number(string name) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out ulong value)
            ? value
            : null;
}
