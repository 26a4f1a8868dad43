using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Client;

/// <summary>
/// The file locks that a target has granted to this client's processes: what has to be told to a server that has
/// restarted, and what a closing process gives back.
/// </summary>
sealed class FileLockTable
{
    readonly RankedLock _lock = new(15, "ns_file_locks");
    readonly Dictionary<LdlmResId, List<FileLock>> _files = new(ResIdComparer.Instance);   // guarded by _lock
    int _count;

    /// <summary>Ranges there are; read without the lock.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The server has granted this: replaces what the owner held of the range, and joins its neighbours of the
    /// same mode.</summary>
    public void Apply(in LdlmResId file, in FileLock change)
    {
        using (_lock.Enter())
        {
            if (!_files.TryGetValue(file, out List<FileLock>? ranges))
            {
                if (change.Mode == LockMode.NL)
                    return;
                _files.Add(file, ranges = []);
            }
            int before = ranges.Count;
            Apply(ranges, change);
            Volatile.Write(ref _count, _count + ranges.Count - before);
            if (ranges.Count == 0)
                _files.Remove(file);
        }
    }

    /// <summary>Whether an owner has anything of a file.</summary>
    public bool Has(in LdlmResId file, ulong owner)
    {
        if (Count == 0)
            return false;
        using (_lock.Enter())
            return _files.TryGetValue(file, out List<FileLock>? ranges) && ranges.Exists(range => range.Owner == owner);
    }

    /// <summary>The server has forgotten us.</summary>
    public void Clear()
    {
        using (_lock.Enter())
        {
            _files.Clear();
            Volatile.Write(ref _count, 0);
        }
    }

    public List<(LdlmResId File, FileLock Range)> ToList()
    {
        var all = new List<(LdlmResId, FileLock)>();
        using (_lock.Enter())
        {
            foreach ((LdlmResId file, List<FileLock> ranges) in _files)
            {
                foreach (FileLock range in ranges)
                    all.Add((file, range));
            }
        }
        return all;
    }

    internal static void Apply(List<FileLock> ranges, in FileLock change)
    {
        FileLock wide = change;
        for (int i = ranges.Count - 1; i >= 0; i--)
        {
            FileLock held = ranges[i];
            if (held.Owner != change.Owner || !held.Touches(change))
                continue;
            if (held.Mode == change.Mode)
            {
                wide = wide with { Start = Math.Min(wide.Start, held.Start), End = Math.Max(wide.End, held.End) };
                ranges.RemoveAt(i);
            }
            else if (held.Overlaps(change))
            {
                ranges.RemoveAt(i);
                if (held.Start < change.Start)
                    ranges.Add(held with { End = change.Start - 1 });
                if (held.End > change.End)
                    ranges.Add(held with { Start = change.End + 1 });
            }
        }
        if (change.Mode != LockMode.NL)
            ranges.Add(wide);
    }
}
