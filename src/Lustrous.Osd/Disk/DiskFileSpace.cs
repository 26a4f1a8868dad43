namespace Lustrous.Osd.Disk;

/// <summary>Which blocks of an object's file are free: those between what extents use, and all behind. Guarded by the
/// object's lock.</summary>
sealed class DiskFileSpace
{
    // Smaller pieces fill gaps; larger ones do so only where they fit, so that a file that is written in order lies in
    // order.
    const int SmallCount = 16;

    readonly List<(long First, long Count)> _free = [];     // in order
    long _end;

    public static DiskFileSpace Of(DiskExtents extents)
    {
        var used = new List<(long First, long Count)>();
        for (int i = 0; i < extents.Count; i++)
        {
            if (extents[i].Kind == DiskExtentKind.File)
                used.Add((extents[i].Physical, extents[i].Count));
        }
        used.Sort();
        var space = new DiskFileSpace();
        foreach ((long first, long count) in used)
        {
            if (first > space._end)
                space._free.Add((space._end, first - space._end));
            space._end = Math.Max(space._end, first + count);
        }
        return space;
    }

    /// <summary>Takes up to so many blocks that lie together; returns how many.</summary>
    public int Take(int wanted, out long first)
    {
        int least = wanted < SmallCount ? 1 : wanted;
        for (int i = 0; i < _free.Count; i++)
        {
            if (_free[i].Count < least)
                continue;
            int taken = (int)Math.Min(wanted, _free[i].Count);
            first = _free[i].First;
            if (taken == _free[i].Count)
                _free.RemoveAt(i);
            else
                _free[i] = (first + taken, _free[i].Count - taken);
            return taken;
        }
        first = _end;
        _end += wanted;
        return wanted;
    }

    public void Return(long first, long count)
    {
        int at = _free.BinarySearch((first, 0));
        at = at < 0 ? ~at : at;
        if (at > 0 && _free[at - 1].First + _free[at - 1].Count == first)
        {
            at--;
            first = _free[at].First;
            count += _free[at].Count;
            _free.RemoveAt(at);
        }
        if (at < _free.Count && first + count == _free[at].First)
        {
            count += _free[at].Count;
            _free.RemoveAt(at);
        }
        if (first + count == _end)
            _end = first;
        else
            _free.Insert(at, (first, count));
    }
}
