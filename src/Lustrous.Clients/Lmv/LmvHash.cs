using Lustrous.Idl.Layout;

namespace Lustrous.Clients.Lmv;

/// <summary>
/// Which stripe of a directory a name lies in. A part of the protocol like any struct: clients and servers look for a
/// name where this says.
/// </summary>
/// <remarks>Source: lustre/include/lustre_lmv.h; for what counts as the name of a temporary file, lu_object.h. The
/// mixing function is the public one of CRUSH (rjenkins1).</remarks>
static class LmvHash
{
    const ulong FnvBasis = 0xCBF2_9CE4_8422_2325, FnvPrime = 0x100_0000_01B3;
    const uint MixSeed = 1_315_423_911, MixFirst = 231_232, MixSecond = 1_232;

    /// <summary>Number of the stripe; -1 for a kind of hash that is not known here.</summary>
    public static int Stripe(LmvHashType type, ReadOnlySpan<byte> name, int count)
    {
        if (count == 1)
            return 0;
        return (type & LmvHashTypeMasks.TYPE_MASK) switch
        {
            LmvHashType.TYPE_ALL_CHARS => (int)(Sum(name) % (uint)count),
            LmvHashType.TYPE_FNV_1A_64 => (int)(Fnv(name) % (uint)count),
            LmvHashType.TYPE_CRUSH => Draw(Stem(name, isStrict: false), count),
            LmvHashType.TYPE_CRUSH2 => Draw(Stem(name, isStrict: true), count),
            _ => -1,
        };
    }

    static uint Sum(ReadOnlySpan<byte> name)
    {
        uint sum = 0;
        foreach (byte letter in name)
            sum += letter;
        return sum;
    }

    static ulong Fnv(ReadOnlySpan<byte> name)
    {
        ulong hash = FnvBasis;
        foreach (byte letter in name)
            hash = (hash ^ letter) * FnvPrime;
        return hash;
    }

    /// <summary>Every stripe draws a straw for the name's group; the longest wins. So most names stay where they are
    /// when the number of stripes changes.</summary>
    static int Draw(ReadOnlySpan<byte> name, int count)
    {
        uint group = (uint)(Fnv(name) % LmvConst.CRUSH_PG_COUNT);
        uint longest = 0;
        int winner = 0;
        for (int i = 0; i < count; i++)
        {
            uint straw = Mix(group, (uint)i);
            if (straw > longest)
                (longest, winner) = (straw, i);
        }
        return winner;
    }

    static uint Mix(uint a, uint b)
    {
        uint hash = MixSeed ^ a ^ b;
        (uint first, uint second) = (MixFirst, MixSecond);
        Stir(ref a, ref b, ref hash);
        Stir(ref first, ref a, ref hash);
        Stir(ref b, ref second, ref hash);
        return hash;
    }

    static void Stir(ref uint a, ref uint b, ref uint c)
    {
        Round(ref a, ref b, ref c, 13, 8, 13);
        Round(ref a, ref b, ref c, 12, 16, 5);
        Round(ref a, ref b, ref c, 3, 10, 15);
    }

    static void Round(ref uint a, ref uint b, ref uint c, int right, int left, int last)
    {
        a = (a - b - c) ^ (c >> right);
        b = (b - c - a) ^ (a << left);
        c = (c - a - b) ^ (b >> last);
    }

    /// <summary>The name without what makes it that of a temporary or backup file, so that it stays on its MDT when it
    /// becomes the real one.</summary>
    static ReadOnlySpan<byte> Stem(ReadOnlySpan<byte> name, bool isStrict)
    {
        const int RsyncSuffix = 6, CopySuffix = 8;      // .name.XXXXXX, name.XXXXXXXX
        if (name[0] == '.' && IsTemporary(name[1..], RsyncSuffix, isStrict))
            return name[1..^(RsyncSuffix + 1)];
        if (IsTemporary(name, CopySuffix, isStrict))
            return name[..^(CopySuffix + 1)];
        return name[..^BackupSuffix(name)];
    }

    /// <summary>Ends with a point and as many letters and digits as a program's random suffix has, mixed as chance
    /// mixes them.</summary>
    /// <param name="name">The name.</param>
    /// <param name="suffix">Length of the suffix.</param>
    /// <param name="isStrict">Of the second kind of the hash: other characters make it none.</param>
    static bool IsTemporary(ReadOnlySpan<byte> name, int suffix, bool isStrict)
    {
        if (name.Length < suffix + 2 || name[^(suffix + 1)] != '.')
            return false;
        int lower = 0, upper = 0, digits = 0;
        foreach (byte letter in name[^suffix..])
        {
            if (IsLower(letter))
                lower++;
            else if (IsUpper(letter))
                upper++;
            else if (char.IsAsciiDigit((char)letter))
                digits++;
            else if (isStrict)
                return false;
        }
        if (upper == suffix || lower == suffix)
            return false;
        // The first kind has this the wrong way round, and keeps it, as names lie where it says.
        bool startsWithDigit = char.IsAsciiDigit((char)name[^suffix]);
        return digits < suffix - 1 || startsWithDigit != isStrict;
    }

    // As Linux has them: letters of Latin-1.
    static bool IsLower(byte letter) => letter is >= (byte)'a' and <= (byte)'z' or >= 0xDF and not 0xF7;

    static bool IsUpper(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' or >= 0xC0 and <= 0xDE and not 0xD7;

    static int BackupSuffix(ReadOnlySpan<byte> name)
    {
        if (name.Length > 1 && name[^1] == '~' && name[^2] != '.')
            return 1;
        if (name.Length > 4 && name[^4] == '.' && (IsSame(name[^3..], "bak"u8) || IsSame(name[^3..], "sav"u8)))
            return 4;
        return name.Length > 5 && name[^5] == '.' && IsSame(name[^4..], "orig"u8) ? 5 : 0;
    }

    static bool IsSame(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        System.Text.Ascii.EqualsIgnoreCase(left, right);
}
