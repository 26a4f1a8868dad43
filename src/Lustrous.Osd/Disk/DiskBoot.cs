using System.Globalization;
using System.Text;
using Lustrous.Osd.Disk.Files;

namespace Lustrous.Osd.Disk;

/// <summary>What is noted beside the store and the journal: in which boot of the machine the journal is written; and
/// what had to be there when this was noted, so that a store or a journal that lost some of it is found out.</summary>
/// <param name="Id">Of the boot; <see cref="Unknown"/> is like no other, itself included.</param>
/// <param name="Sequence">The store had all transactions up to there; 0: not noted.</param>
/// <param name="JournalFile">Of the journal there was a file of this index; 0: it was not needed.</param>
readonly record struct DiskBoot(string Id, ulong Sequence, ulong JournalFile)
{
    public const string Unknown = "unknown";

    const string SequenceLabel = "durable ", FileLabel = "journal ";

    static readonly DiskBoot s_nothing = new(Unknown, 0, 0);

    public bool IsThisOne => Id != Unknown && Id == Current();

    /// <summary>One that is not there, cannot be read, or is damaged says nothing.</summary>
    public static DiskBoot Read(string directory)
    {
        try
        {
            return Parse(File.ReadAllText(PathIn(directory), Encoding.Latin1));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return s_nothing;
        }
    }

    /// <summary>What stands in the file.</summary>
    public static DiskBoot Parse(string text)
    {
        if (!DiskSeal.IsIntact(text, out bool isSealed))
            return s_nothing;
        string[] lines = text.Split('\n');
        ulong sequence = 0, file = 0;
        if (isSealed && (lines.Length < 3 || !TryNumber(lines[1], SequenceLabel, out sequence)
            || !TryNumber(lines[2], FileLabel, out file)))
            return s_nothing;
        return new DiskBoot(lines[0], sequence, file);
    }

    /// <summary>Notes it for this boot.</summary>
    public static Errno Write(string directory, ulong sequence, ulong journalFile) => DiskDirectory.Replace(
        PathIn(directory),
        DiskSeal.Seal(string.Create(
            CultureInfo.InvariantCulture,
            $"{Current()}\n{SequenceLabel}{sequence}\n{FileLabel}{journalFile}\n")));

    public static string PathIn(string directory) => Path.Combine(directory, DiskLayout.Boot);

    static bool TryNumber(string line, string label, out ulong value)
    {
        value = 0;
        return line.StartsWith(label, StringComparison.Ordinal) && ulong.TryParse(
            line.AsSpan(label.Length), NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    static string Current()
    {
        const string path = "/proc/sys/kernel/random/boot_id";
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unknown;
        }
    }
}
