using System.Globalization;
using System.Text;
using Lustrous.Osd.Disk.Files;

namespace Lustrous.Osd.Disk;

/// <summary>The file that says how the rest of a target's directory is to be read.</summary>
/// <param name="Version">Of all in it.</param>
/// <param name="HashKey">Of the hashes of names, drawn when it was made.</param>
sealed record DiskFormat(int Version, ulong HashKey)
{
    /// <summary>What is written here. A change of the format raises it, and comes with the way from the one before.
    /// </summary>
    /// <remarks>Up to 1 the journal's records were summed without a key; up to 2 this file had no seal; up to 3 all
    /// extended attributes had keys of their own.</remarks>
    public const int Current = 4;

    const int FirstSealed = 3;

    const string Magic = "lustrous target";

    /// <summary>What checksums of the journal begin with: bytes that clients have written are no records of it.
    /// </summary>
    public uint JournalSeed => Version < 2 ? 0 : (uint)(HashKey >> 32) ^ (uint)HashKey;

    public Errno Write(string directory)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture, $"{Magic}\nformat {Version}\nhash-key {HashKey:x16}\n");
        return DiskDirectory.Replace(
            Path.Combine(directory, DiskLayout.Format),
            Version < FirstSealed ? Encoding.ASCII.GetBytes(text) : DiskSeal.Seal(text));
    }

    /// <summary>ENOENT: no target is there; EINVAL: not one of ours; EPROTONOSUPPORT: newer than this program, and the
    /// version is filled.</summary>
    public static Errno Read(string directory, out DiskFormat? format)
    {
        format = null;
        string text;
        try
        {
            string path = Path.Combine(directory, DiskLayout.Format);
            if (!File.Exists(path))
                return Errno.ENOENT;
            text = File.ReadAllText(path, Encoding.Latin1);
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.EACCES;
        }
        catch (IOException)
        {
            return Errno.EIO;
        }
        return Parse(text, out format);
    }

    /// <summary>What stands in the file; errors as above.</summary>
    public static Errno Parse(string text, out DiskFormat? format)
    {
        format = null;
        string[] lines = text.Split('\n');
        bool isIntact = DiskSeal.IsIntact(text, out bool isSealed);
        if (!isIntact || lines.Length < 2 || lines[0] != Magic
            || !TryNumber(lines[1], "format ", NumberStyles.None, out ulong version) || version is 0 or > int.MaxValue)
            return Errno.EINVAL;
        if (version > Current)
        {
            format = new DiskFormat((int)version, 0);
            return Errno.EPROTONOSUPPORT;
        }
        if (isSealed != version >= FirstSealed || lines.Length < 3
            || !TryNumber(lines[2], "hash-key ", NumberStyles.HexNumber, out ulong key))
            return Errno.EINVAL;
        format = new DiskFormat((int)version, key);
        return Errno.OK;
    }

    static bool TryNumber(string line, string label, NumberStyles style, out ulong value)
    {
        value = 0;
        return line.StartsWith(label, StringComparison.Ordinal)
            && ulong.TryParse(line.AsSpan(label.Length), style, CultureInfo.InvariantCulture, out value);
    }
}
