using System.Globalization;
using System.Text;

namespace Lustrous.Utils.Decode;

static class DecodeText
{
    /// <summary>Text as it stands, with whatever a terminal might act on as <c>\xNN</c>.</summary>
    public static string Printable(ReadOnlySpan<byte> characters)
    {
        var text = new StringBuilder(characters.Length);
        foreach (byte c in characters)
        {
            if (c is >= 0x20 and < 0x7f and not (byte)'"' and not (byte)'\\')
                text.Append((char)c);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{c:x2}");
        }
        return text.ToString();
    }
}
