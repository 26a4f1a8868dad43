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
    /// <remarks>Up to 1 the journal's records were summed without a key.</remarks>
    public const int Current = 2;

    const string Magic = "lustrous target";

    /// <summary>What checksums of the journal begin with: bytes that clients have written are no records of it.
    /// </summary>
    public uint JournalSeed => Version < 2 ? 0 : (uint)(HashKey >> 32) ^ (uint)HashKey;

    public Errno Write(string directory)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture, $"{Magic}\nformat {Version}\nhash-key {HashKey:x16}\n");
        return DiskDirectory.Replace(Path.Combine(directory, DiskLayout.Format), Encoding.ASCII.GetBytes(text));
    }

    /// <summary>ENOENT: no target is there; EINVAL: not one of ours; EPROTONOSUPPORT: newer than this program, and the
    /// version is filled.</summary>
    public static Errno Read(string directory, out DiskFormat? format)
    {
        format = null;
        string[] lines;
        try
        {
            string path = Path.Combine(directory, DiskLayout.Format);
            if (!File.Exists(path))
                return Errno.ENOENT;
            lines = File.ReadAllLines(path);
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.EACCES;
        }
        catch (IOException)
        {
            return Errno.EIO;
        }
        if (lines.Length < 2 || lines[0] != Magic
            || !TryNumber(lines[1], "format ", NumberStyles.None, out ulong version) || version is 0 or > int.MaxValue)
            return Errno.EINVAL;
        if (version > Current)
        {
            format = new DiskFormat((int)version, 0);
            return Errno.EPROTONOSUPPORT;
        }
        if (lines.Length < 3 || !TryNumber(lines[2], "hash-key ", NumberStyles.HexNumber, out ulong key))
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
