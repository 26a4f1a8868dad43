using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Lustrous.Idl.LNet;

/// <summary>How NIDs are written: <c>10.0.0.1@tcp</c>, <c>fd00::1@tcp1</c>, <c>0@lo</c>, <c>7@gni</c>.</summary>
/// <remarks>Source: lnet/lnet/nidstrings.c (libcfs_nidstr_r, libcfs_strnid).</remarks>
public readonly partial struct Nid
{
    const string AnyText = "<?>";

    /// <summary>The network's name, <c>tcp1</c>.</summary>
    public string NetText => LNetNames.ToText(Net);

    public override string ToString()
    {
        if (IsAny)
            return AnyText;
        if (LNetNames.UsesIP(Type) && _extraAddressBytes is 0 or 12)
            return $"{ToIPAddress()}@{NetText}";
        if (LNetNames.NameOf(Type) is not null)
            return $"{BigEndian(_address0)}@{NetText}";
        // A kind of network that nobody has a name for: the words of its address in hexadecimal.
        ReadOnlySpan<uint> words = [_address0, _address1, _address2, _address3];
        int count = Math.Min(words.Length, (_extraAddressBytes + 7) / 4);
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < count; i++)
            text.Append(i == 0 ? "" : ":").Append(BigEndian(words[i]).ToString("x", CultureInfo.InvariantCulture));
        return text.Append('@').Append(NetText).ToString();
    }

    /// <summary>Reads a NID; without <c>@</c> the network is <c>tcp</c>.</summary>
    /// <returns><c>EINVAL</c> when the text is no NID.</returns>
    public static Result<Nid> Parse(ReadOnlySpan<char> text)
    {
        if (text is AnyText)
            return Any;
        int at = text.IndexOf('@');
        Result<uint> net = at < 0 ? LNetNames.MakeNet(LNetType.Tcp, 0) : LNetNames.Parse(text[(at + 1)..]);
        if (net.Failed)
            return net.Error;
        ReadOnlySpan<char> address = at < 0 ? text : text[..at];
        var type = (LNetType)(net.Value >> 16);
        if (LNetNames.UsesIP(type))
        {
            return TryParseIP(address, LNetNames.TakesIPv6(type), out IPAddress? ip)
                ? FromIPAddress(net.Value, ip)
                : Errno.EINVAL;
        }
        if (!TryParseNumber(address, out uint number) || type == LNetType.Lo && number != 0)
            return Errno.EINVAL;
        return FromNid4((ulong)net.Value << 32 | number);
    }

    /// <summary>As <see cref="Parse"/>, and <c>*</c> is every node (libcfs_stranynid).</summary>
    public static Result<Nid> ParseOrAny(ReadOnlySpan<char> text) => text is "*" ? Any : Parse(text);

    internal static bool TryParseIP(
        ReadOnlySpan<char> text, bool allowIPv6, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IPAddress? ip)
    {
        // .NET also takes "1", "0x7f.1", scopes and brackets, which no NID has.
        ip = null;
        if (text.IndexOfAny("[]%/") >= 0)
            return false;
        if (text.Contains(':'))
            return allowIPv6 && IPAddress.TryParse(text, out ip) && ip.AddressFamily == AddressFamily.InterNetworkV6;
        Span<Range> parts = stackalloc Range[5];
        if (text.Split(parts, '.') != 4)
            return false;
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < 4; i++)
        {
            if (!byte.TryParse(text[parts[i]], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
                return false;
        }
        ip = new IPAddress(bytes);
        return true;
    }

    static bool TryParseNumber(ReadOnlySpan<char> text, out uint number) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
