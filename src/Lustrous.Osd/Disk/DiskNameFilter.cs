using System.Numerics;
using System.Runtime.InteropServices;

namespace Lustrous.Osd.Disk;

/// <summary>
/// Tells of most names that a directory does not have them, without a look into the store: some bits in one line of
/// memory for each name, in layers that grow with the directory (a blocked Bloom filter). Guarded by the object's lock.
/// </summary>
sealed class DiskNameFilter
{
    const int WordsPerLine = 8;
    const int NamesPerLine = 32;        // 16 bits for each name: about one in a thousand is looked for in vain
    const int Probes = 6;
    const int FirstLines = 2;
    const int GrowthShift = 2;

    readonly List<ulong[]> _layers = [];
    int _room;      // names that the last layer still takes

    /// <summary>Names that were added; those that are gone since are still known.</summary>
    public long Added { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>What the next name may take.</summary>
    public long MoreBytes => _room > 0 ? 0 : (long)NextLines * WordsPerLine * sizeof(ulong);

    int NextLines => _layers.Count == 0 ? FirstLines : _layers[^1].Length / WordsPerLine << GrowthShift;

    public bool MayHave(ulong hash)
    {
        Span<ulong> wanted = stackalloc ulong[WordsPerLine];
        Spread(hash, wanted);
        for (int i = _layers.Count - 1; i >= 0; i--)
        {
            if (HasAll(LineOf(_layers[i], hash), wanted))
                return true;
        }
        return false;
    }

    public void Add(ulong hash)
    {
        if (_room == 0)
        {
            int lines = NextLines;
            _layers.Add(new ulong[lines * WordsPerLine]);
            _room = lines * NamesPerLine;
            Bytes += (long)lines * WordsPerLine * sizeof(ulong);
        }
        _room--;
        Added++;
        Span<ulong> wanted = stackalloc ulong[WordsPerLine];
        Spread(hash, wanted);
        Span<ulong> line = LineOf(_layers[^1], hash);
        for (int i = 0; i < WordsPerLine; i++)
            line[i] |= wanted[i];
    }

    static bool HasAll(ReadOnlySpan<ulong> line, ReadOnlySpan<ulong> wanted)
    {
        ulong missing = 0;
        for (int i = 0; i < WordsPerLine; i++)
            missing |= wanted[i] & ~line[i];
        return missing == 0;
    }

    /// <summary>Layers have a power of two of lines.</summary>
    static Span<ulong> LineOf(ulong[] layer, ulong hash)
    {
        int lines = layer.Length / WordsPerLine;
        int line = (int)(BitOperations.RotateLeft(hash, 13) * 0x9E37_79B9_7F4A_7C15 >> 32) & (lines - 1);
        return MemoryMarshal.CreateSpan(ref layer[line * WordsPerLine], WordsPerLine);
    }

    static void Spread(ulong hash, Span<ulong> wanted)
    {
        wanted.Clear();
        for (int i = 0; i < Probes; i++, hash >>= 9)
            wanted[(int)(hash >> 6) & (WordsPerLine - 1)] |= 1UL << (int)(hash & 63);
    }
}
