namespace Lustrous.Libcfs;

/// <summary>A small, fast, seeded generator (xoshiro256**, Blackman and Vigna, public domain). Thread-safe; never for
/// secrets.</summary>
public sealed class SeededRandom
{
    readonly Lock _lock = new();
    ulong _s0, _s1, _s2, _s3; // guarded by _lock

    public SeededRandom(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    public ulong NextUInt64()
    {
        lock (_lock)
        {
            ulong result = ulong.RotateLeft(_s1 * 5, 7) * 9;
            ulong t = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= t;
            _s3 = ulong.RotateLeft(_s3, 45);
            return result;
        }
    }

    /// <summary>Uniform in 0 … <paramref name="bound"/> − 1.</summary>
    public int Next(int bound)
    {
        Lassert.That(bound > 0);
        return (int)(((UInt128)NextUInt64() * (ulong)bound) >> 64);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A generator of its own whose stream depends only on this one's state: one per node keeps runs
    /// stable.</summary>
    public SeededRandom Fork() => new(NextUInt64());

    static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
