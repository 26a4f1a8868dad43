using System.Diagnostics;
using System.Globalization;
using System.Text;
using Lustrous.Libcfs;

namespace Lustrous.Fuzz.Tests;

/// <summary>Shows one target many mutants, and watches what it does with them.</summary>
/// <remarks>A mutant is made from (seed, iteration) alone, so a failure names all that repeats it.</remarks>
sealed class FuzzRun(FuzzTarget target, IReadOnlyList<byte[]> seeds, ulong seed)
{
    static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    readonly Mutator _mutator = new();
    byte[] _current = [];
    long _iteration;
    long _startedAt;
    string? _failure;

    /// <summary>Runs up to so many mutants or so long. Null when all went well, else a description.</summary>
    public string? Run(long iterations, TimeSpan time)
    {
        // A thread of its own, so that a decoder that does not come back is found out.
        var thread = new Thread(() => Loop(iterations, time)) { IsBackground = true };
        Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());
        thread.Start();
        while (!thread.Join(TimeSpan.FromMilliseconds(200)))
        {
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref _startedAt)) > Hang)
                return Describe($"did not come back within {Hang}");
        }
        return _failure;
    }

    void Loop(long iterations, TimeSpan time)
    {
        using var guarded = new GuardedInput();
        string? dump = Environment.GetEnvironmentVariable("LUSTROUS_FUZZ_DUMP");
        long began = Stopwatch.GetTimestamp();
        for (_iteration = 0; _iteration < iterations && Stopwatch.GetElapsedTime(began) < time; _iteration++)
        {
            var random = new SeededRandom(seed * 1_000_003 + (ulong)_iteration);
            ReadOnlySpan<byte> mutant = Mutant(random);
            Span<byte> input = guarded.Take(mutant.Length);
            mutant.CopyTo(input);
            _current = mutant.ToArray();
            if (dump is not null)
                File.WriteAllBytes(dump, _current);
            Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());
            if (!Show(input))
                return;
        }
    }

    bool Show(ReadOnlySpan<byte> input, bool again = false)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Body(input);
        }
#pragma warning disable CA1031 // whatever escapes a decoder is a finding
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure = Describe(e.ToString());
            return false;
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated <= target.About.FixedAllocation + (long)input.Length * target.About.AllocationPerByte)
            return true;
        // What is made once, on first use, is not the input's doing.
        if (!again)
            return Show(input, again: true);
        _failure = Describe($"allocated {allocated} bytes");
        return false;
    }

    ReadOnlySpan<byte> Mutant(SeededRandom random)
    {
        byte[] first = seeds[random.Next(seeds.Count)];
        byte[] second = seeds[random.Next(seeds.Count)];
        return _mutator.Next(random, first, second);
    }

    string Describe(string what)
    {
        byte[] input = _current;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{target.Name}: seed {seed}, iteration {_iteration}, ");
        text.Append(CultureInfo.InvariantCulture, $"{input.Length} bytes: {what}\n");
        text.Append(Convert.ToHexString(input.AsSpan(0, Math.Min(input.Length, 2048))));
        return text.ToString();
    }
}
