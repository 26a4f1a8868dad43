using System.Globalization;
using System.Net;

namespace Lustrous.Idl.LNet;

/// <summary>Which nodes of one network: <c>10.0.[1-4].*@tcp</c>, <c>10.0.0.0/24@tcp</c>, <c>[1-8]@gni</c>,
/// <c>*@o2ib</c>.</summary>
/// <remarks>Source: lnet/lnet/nidstrings.c (parse_nidrange, parse_nidmask, cfs_match_nid).</remarks>
public sealed class NidRange : IEquatable<NidRange>
{
    readonly uint _net;
    readonly NumberRanges[]? _numbers;      // one for each byte of an IPv4 address, or one for a numeric address
    readonly IPNetwork? _mask;              // null with no numbers too: every address

    NidRange(uint net, NumberRanges[]? numbers, IPNetwork? mask) => (_net, _numbers, _mask) = (net, numbers, mask);

    public uint Net => _net;

    public bool IsWholeNet => _numbers is null && _mask is null;

    /// <returns><c>EINVAL</c> when the text is no such range.</returns>
    public static Result<NidRange> Parse(ReadOnlySpan<char> text)
    {
        int at = text.IndexOf('@');
        if (at < 0)
            return Errno.EINVAL;
        ReadOnlySpan<char> address = text[..at].Trim();
        if (!TryParseNet(text[(at + 1)..].Trim(), out uint net))
            return Errno.EINVAL;
        if (address is "*")
            return new NidRange(net, null, null);
        var type = (LNetType)(net >> 16);
        // A slash inside brackets is a stride; outside it a prefix length.
        int slash = address.IndexOf('/');
        if (address.Contains(':') || slash >= 0 && !address[slash..].Contains(']'))
            return ParseMask(net, address, slash);
        if (!LNetNames.UsesIP(type))
        {
            Result<NumberRanges> number = NumberRanges.Parse(address, 0, int.MaxValue);
            return number.Failed ? number.Error : new NidRange(net, [number.Value], null);
        }
        Span<Range> parts = stackalloc Range[5];
        if (address.Split(parts, '.') != 4)
            return Errno.EINVAL;
        var numbers = new NumberRanges[4];
        for (int i = 0; i < 4; i++)
        {
            Result<NumberRanges> part = NumberRanges.Parse(address[parts[i]].Trim(), 0, 255);
            if (part.Failed)
                return part.Error;
            numbers[i] = part.Value;
        }
        return new NidRange(net, numbers, null);
    }

    public bool Contains(Nid nid)
    {
        if (nid.IsAny || nid.Net != _net)
            return false;
        if (_mask is { } mask)
            return LNetNames.UsesIP(nid.Type) && mask.Contains(nid.ToIPAddress());
        if (_numbers is null)
            return true;
        if (!nid.IsNid4)
            return false;
        uint address = (uint)nid.ToNid4();
        if (_numbers.Length == 1)
            return _numbers[0].Contains(address);
        for (int i = 0; i < 4; i++)
        {
            if (!_numbers[i].Contains(address >> (24 - 8 * i) & 0xFF))
                return false;
        }
        return true;
    }

    public override string ToString()
    {
        string address = _mask is { } mask ? mask.ToString()
            : _numbers is null ? "*"
            : string.Join('.', _numbers.Select(part => part.Equals(WholeByte) ? "*" : part.ToString()));
        return $"{address}@{LNetNames.ToText(_net)}";
    }

    public bool Equals(NidRange? other) => other is not null
        && _net == other._net && Nullable.Equals(_mask, other._mask)
        && (_numbers ?? []).SequenceEqual(other._numbers ?? []) && IsWholeNet == other.IsWholeNet;

    public override bool Equals(object? obj) => Equals(obj as NidRange);

    public override int GetHashCode() => (int)_net;

    static readonly NumberRanges WholeByte = NumberRanges.Parse("*", 0, 255).Value;

    static bool TryParseNet(ReadOnlySpan<char> text, out uint net)
    {
        // Unlike in a NID, the number may be hexadecimal here.
        int digits = text.LastIndexOf("0x", StringComparison.OrdinalIgnoreCase);
        if (digits > 0 && NumberRanges.TryParseNumber(text[digits..], out uint number) && number <= ushort.MaxValue)
        {
            Result<uint> name = LNetNames.Parse(text[..digits]);
            net = name.Failed ? 0 : name.Value | number;
            return !name.Failed && (LNetType)(net >> 16) != LNetType.Lo;
        }
        Result<uint> parsed = LNetNames.Parse(text);
        net = parsed.Failed ? 0 : parsed.Value;
        return !parsed.Failed;
    }

    static Result<NidRange> ParseMask(uint net, ReadOnlySpan<char> address, int slash)
    {
        var type = (LNetType)(net >> 16);
        if (!LNetNames.UsesIP(type)
            || !Nid.TryParseIP(slash < 0 ? address : address[..slash], LNetNames.TakesIPv6(type), out IPAddress? ip))
            return Errno.EINVAL;
        byte[] bytes = ip.GetAddressBytes();
        // An IPv6 address without a prefix length is that one node.
        int prefix = bytes.Length * 8;
        if (slash >= 0)
        {
            ReadOnlySpan<char> digits = address[(slash + 1)..];
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int given)
                || given < 1 || given > prefix)
                return Errno.EINVAL;
            prefix = given;
        }
        for (int bit = prefix; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new NidRange(net, null, new IPNetwork(new IPAddress(bytes), prefix));
    }
}
