using System.Globalization;

namespace Lustrous.Idl.LNet;

/// <summary>Names of networks: <c>tcp</c>, <c>o2ib3</c>.</summary>
/// <remarks>Source: lnet/lnet/nidstrings.c (libcfs_netstrfns, libcfs_str2net, libcfs_net2str_r).</remarks>
public static class LNetNames
{
    /// <summary><c>LNET_NET_ANY</c>.</summary>
    public const uint AnyNet = uint.MaxValue;

    // No name may be the beginning of a later one: the first that a text begins with is taken.
    static readonly (LNetType Type, string Name)[] Names =
    [
        (LNetType.Lo, "lo"), (LNetType.Tcp, "tcp"), (LNetType.O2ib, "o2ib"), (LNetType.Gni, "gni"),
        (LNetType.GniIp, "gip"), (LNetType.Ptl4, "ptlf"), (LNetType.Kfi, "kfi"), (LNetType.Efa, "efa"),
        (LNetType.Bxi3, "bxi3f"),
    ];

    public static uint MakeNet(LNetType type, ushort number) => (uint)type << 16 | number;

    /// <summary>The name of a kind of network, null where it has none.</summary>
    public static string? NameOf(LNetType type)
    {
        foreach ((LNetType known, string name) in Names)
        {
            if (known == type)
                return name;
        }
        return null;
    }

    /// <summary>Whether its addresses are IP addresses.</summary>
    public static bool UsesIP(LNetType type) => type is LNetType.Tcp or LNetType.O2ib or LNetType.GniIp or LNetType.Efa;

    /// <summary>Whether its addresses may be IPv6.</summary>
    public static bool TakesIPv6(LNetType type) => type is LNetType.Tcp or LNetType.O2ib or LNetType.Efa;

    /// <summary><c>tcp1</c>; number 0 is left out; <c>&lt;4:1&gt;</c> for a kind without a name.</summary>
    public static string ToText(uint net)
    {
        uint number = net & 0xFFFF;
        return NameOf((LNetType)(byte)(net >> 16)) is not { } name ? $"<{net >> 16}:{number}>"
            : number == 0 ? name
            : name + number.ToString(CultureInfo.InvariantCulture);
    }

    /// <returns><c>EINVAL</c> when the text names no network; <c>lo</c> takes no number.</returns>
    public static Result<uint> Parse(ReadOnlySpan<char> text)
    {
        foreach ((LNetType type, string name) in Names)
        {
            if (!text.StartsWith(name, StringComparison.Ordinal))
                continue;
            ReadOnlySpan<char> digits = text[name.Length..];
            if (digits.IsEmpty)
                return MakeNet(type, 0);
            return type != LNetType.Lo
                && ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
                    ? MakeNet(type, number)
                    : Errno.EINVAL;
        }
        return Errno.EINVAL;
    }
}
