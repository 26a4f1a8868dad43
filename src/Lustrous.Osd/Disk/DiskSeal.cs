using System.Globalization;
using System.Text;

namespace Lustrous.Osd.Disk;

/// <summary>The last line of a small text file: a checksum of the lines before it, so that a bit that changed on the
/// disk is not taken for what was written.</summary>
static class DiskSeal
{
    const string Label = "sum ";

    /// <summary>The text, which ends with a line's end, with its seal.</summary>
    public static byte[] Seal(string text) => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{text}{Label}{ChecksumOf(text):x8}\n"));

    /// <summary>False: there is a seal, which does not match. What was written before there were seals has
    /// none.</summary>
    public static bool IsIntact(string text, out bool isSealed)
    {
        int at = text.LastIndexOf('\n' + Label, StringComparison.Ordinal);
        isSealed = at >= 0;
        return !isSealed || text[(at + 1)..] == $"{Label}{ChecksumOf(text[..(at + 1)]):x8}\n";
    }

    static uint ChecksumOf(string text) => DiskBlock.Checksum(Encoding.Latin1.GetBytes(text));
}
