using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm;

/// <summary>Hashes names of resources; all four words of one that differ in a bit differ in all.</summary>
sealed class ResIdComparer : IEqualityComparer<LdlmResId>
{
    public static ResIdComparer Instance { get; } = new();

    public bool Equals(LdlmResId x, LdlmResId y) =>
        x.Name[0] == y.Name[0] && x.Name[1] == y.Name[1] && x.Name[2] == y.Name[2] && x.Name[3] == y.Name[3];

    public int GetHashCode(LdlmResId obj)
    {
        ulong hash = obj.Name[0] * 0x9E3779B97F4A7C15;
        hash = (hash ^ (hash >> 29) ^ obj.Name[1]) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 32) ^ obj.Name[2] ^ (obj.Name[3] << 17)) * 0x94D049BB133111EB;
        return (int)(hash >> 32);
    }
}

/// <summary>Hashes handles, whose lower bits count up.</summary>
sealed class CookieComparer : IEqualityComparer<ulong>
{
    public static CookieComparer Instance { get; } = new();

    public bool Equals(ulong x, ulong y) => x == y;

    public int GetHashCode(ulong obj) => (int)((obj * 0x9E3779B97F4A7C15) >> 32);
}
