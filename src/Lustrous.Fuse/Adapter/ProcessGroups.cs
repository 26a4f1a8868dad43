using System.Globalization;
using Lustrous.Llite;

namespace Lustrous.Fuse.Adapter;

/// <summary>Supplementary groups of callers, from /proc. FUSE does not send them, and few checks need them, so they are
/// read when asked for and kept for a moment.</summary>
sealed class ProcessGroups : ICallerGroups
{
    const long KeepMilliseconds = 500;
    const int Capacity = 256;

    readonly Lock _lock = new();
    readonly Dictionary<uint, (uint[] Groups, long Until)> _known = [];    // guarded by _lock

    public bool Contains(uint pid, uint gid)
    {
        if (pid == 0)
            return false;                  // a process of another name space
        long now = Environment.TickCount64;
        lock (_lock)
        {
            if (_known.TryGetValue(pid, out (uint[] Groups, long Until) known) && now < known.Until)
                return known.Groups.AsSpan().Contains(gid);
        }
        uint[] groups = Read(pid);
        lock (_lock)
        {
            if (_known.Count >= Capacity)
                _known.Clear();
            _known[pid] = (groups, now + KeepMilliseconds);
        }
        return groups.AsSpan().Contains(gid);
    }

    static uint[] Read(uint pid)
    {
        try
        {
            foreach (string line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status")))
                if (line.StartsWith("Groups:", StringComparison.Ordinal))
                    return Parse(line.AsSpan("Groups:".Length));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has ended.
        }
        return [];
    }

    internal static uint[] Parse(ReadOnlySpan<char> list)
    {
        var groups = new List<uint>();
        foreach (Range part in list.SplitAny(' ', '\t'))
            if (uint.TryParse(list[part], NumberStyles.None, CultureInfo.InvariantCulture, out uint gid))
                groups.Add(gid);
        return [.. groups];
    }
}
