using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests.Ptlrpc;

/// <summary>All calls of a run, and everything that was found wrong.</summary>
sealed class ChaosLedger
{
    public const int MaxBulk = 3 << 20;

    public const ulong NoiseSlack = 1 << 20;

    readonly List<ChaosCall> _calls = [];
    readonly List<string> _wrong = [];

    /// <summary>Where all bulk data comes from: no two places in it look alike.</summary>
    public static byte[] Noise { get; } = MakeNoise();

    public IReadOnlyList<ChaosCall> Calls => _calls;

    public ChaosCall New(CallKind kind, string client, int length, int pageOffset)
    {
        var call = new ChaosCall((ulong)_calls.Count, kind, client, length, pageOffset);
        _calls.Add(call);
        return call;
    }

    public ChaosCall? Find(ulong id) => id < (ulong)_calls.Count ? _calls[(int)id] : null;

    /// <summary>
    /// A server's handler must not throw what the test should hear: it is kept until <see cref="Check"/>.
    /// </summary>
    public bool Require(bool condition, string otherwise)
    {
        if (!condition)
            _wrong.Add(otherwise);
        return condition;
    }

    /// <summary>Nothing was wrong, and every call of a client that lived has ended.</summary>
    public void Check()
    {
        Lassert.That(_wrong.Count == 0, string.Join("; ", _wrong.Take(5)));
        foreach (ChaosCall call in _calls)
            Lassert.That(call.Status is not null || call.IsOrphan, $"call {call.Id}, {call.Kind}, has not ended");
    }

    static byte[] MakeNoise()
    {
        var random = new SeededRandom(1);
        byte[] noise = new byte[MaxBulk + (int)NoiseSlack];
        Span<ulong> words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(noise.AsSpan());
        for (int i = 0; i < words.Length; i++)
            words[i] = random.NextUInt64();
        return noise;
    }
}
