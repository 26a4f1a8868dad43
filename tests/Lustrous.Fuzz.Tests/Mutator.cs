using System.Buffers.Binary;
using Lustrous.Libcfs;

namespace Lustrous.Fuzz.Tests;

/// <summary>Turns good bytes into bad ones: flips, cuts, wild lengths, pieces of other seeds.</summary>
sealed class Mutator
{
    /// <summary>
    /// Where length checks go wrong: signs, wraps when rounded up or multiplied, page and limit borders.
    /// </summary>
    static readonly uint[] Borders =
    [
        0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 127, 128, 255, 256, 4095, 4096, 0x7fff, 0x8000, 0xffff, 0x10000,
        0xfffff, 0x100000, 0x100001, 0x1fffffff, 0x20000000, 0x3fffffff, 0x40000000, 0x7ffffff8, 0x7fffffff,
        0x80000000, 0xfffffff8, 0xfffffff9, 0xffffffff,
    ];

    readonly byte[] _work = new byte[GuardedInput.MaxLength];

    /// <summary>A mutant of <paramref name="seed"/>, valid until the next call.</summary>
    public ReadOnlySpan<byte> Next(SeededRandom random, ReadOnlySpan<byte> seed, ReadOnlySpan<byte> other)
    {
        int length = Math.Min(seed.Length, _work.Length);
        seed[..length].CopyTo(_work);
        // Now and then the seed itself: a decoder that refuses what is good is no decoder to trust.
        int mutations = random.Next(16) == 0 ? 0 : 1 + random.Next(5);
        for (int i = 0; i < mutations; i++)
            length = Mutate(random, length, other);
        return _work.AsSpan(0, length);
    }

    int Mutate(SeededRandom random, int length, ReadOnlySpan<byte> other)
    {
        if (length == 0)
            return Append(random, length, other);
        // Headers stand in front and are where checks are: half of all changes go there.
        int where = random.Next(random.Next(2) == 0 ? Math.Min(length, 160) : length);
        switch (random.Next(9))
        {
            case 0:
                _work[where] ^= (byte)(1 << random.Next(8));
                return length;
            case 1:
                _work[where] = (byte)random.Next(256);
                return length;
            case 2 or 3:
                WriteBorder(random, where & ~3, length);
                return length;
            case 4:
                return where;
            case 5:
                return Append(random, length, other);
            case 6:
                int zeros = Math.Min(length - where, 1 + random.Next(64));
                _work.AsSpan(where, zeros).Fill((byte)(random.Next(2) == 0 ? 0 : 0xff));
                return length;
            case 7:
                return Splice(random, where, other);
            default:
                int cut = Math.Min(length - where, 1 + random.Next(32));
                _work.AsSpan(where + cut, length - where - cut).CopyTo(_work.AsSpan(where));
                return length - cut;
        }
    }

    void WriteBorder(SeededRandom random, int where, int length)
    {
        uint value = Borders[random.Next(Borders.Length)];
        if (random.Next(4) == 0)
            value = (uint)(length + random.Next(17) - 8);
        Span<byte> rest = _work.AsSpan(where, length - where);
        if (rest.Length >= 4 && random.Next(4) != 0)
            BinaryPrimitives.WriteUInt32LittleEndian(rest, value);
        else if (rest.Length >= 4)
            BinaryPrimitives.WriteUInt32BigEndian(rest, value);
        else if (rest.Length >= 2)
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)value);
    }

    int Append(SeededRandom random, int length, ReadOnlySpan<byte> other)
    {
        int more = Math.Min(Math.Min(1 + random.Next(200), other.Length), _work.Length - length);
        other[..more].CopyTo(_work.AsSpan(length));
        return length + more;
    }

    int Splice(SeededRandom random, int where, ReadOnlySpan<byte> other)
    {
        if (other.IsEmpty)
            return where;
        int from = random.Next(other.Length);
        int take = Math.Min(other.Length - from, _work.Length - where);
        other.Slice(from, take).CopyTo(_work.AsSpan(where));
        return where + take;
    }
}
