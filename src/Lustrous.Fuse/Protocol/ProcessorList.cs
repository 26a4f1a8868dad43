using System.Globalization;

namespace Lustrous.Fuse.Protocol;

/// <summary>The kernel's lists of processors, <c>0-3,8</c>.</summary>
static class ProcessorList
{
    /// <summary>The highest number in the list and one: what numbers run up to.</summary>
    public static int Count(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Environment.ProcessorCount;
        }
    }

    internal static int Parse(string list)
    {
        int count = 0;
        foreach (Range part in list.AsSpan().Trim().SplitAny(',', '-'))
            if (int.TryParse(list.AsSpan().Trim()[part], NumberStyles.None, CultureInfo.InvariantCulture, out int last))
                count = Math.Max(count, last + 1);
        return Math.Max(1, count);
    }
}
