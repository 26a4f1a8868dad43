namespace Lustrous.Osd.Mem;

/// <summary>The pages of one object, sparse. Guarded by the object's lock. Sizes and space are the object's.</summary>
sealed class MemBody(MemPages pages)
{
    MemWindow[] _windows = [];      // in order of index
    int _count;

    /// <summary>Pages that take room: data, and reserved ones.</summary>
    public long PageCount { get; private set; }

    public MemPage Get(long page) =>
        Find(page / MemWindow.PageCount, out int at) ? _windows[at].Get((int)(page % MemWindow.PageCount)) : default;

    /// <summary>The window that holds a page; null when all of it is a hole.</summary>
    public MemWindow? WindowOf(long page) => Find(page / MemWindow.PageCount, out int at) ? _windows[at] : null;

    /// <summary>Puts a page in the place of another, whose memory is given up; the body takes over the
    /// reference.</summary>
    public void Set(long page, MemRun run, int offset)
    {
        MemWindow window = GetOrAdd(page / MemWindow.PageCount);
        SetIn(window, (int)(page % MemWindow.PageCount), run, offset);
    }

    /// <summary>Puts the pages of a whole run in place; <paramref name="page"/> is aligned to it.</summary>
    public void SetRun(long page, MemRun run)
    {
        const int count = MemPages.RunSize / MemPages.PageSize;
        run.AddReferences(count);
        MemWindow window = GetOrAdd(page / MemWindow.PageCount);
        int first = (int)(page % MemWindow.PageCount);
        for (int i = 0; i < count; i++)
            SetIn(window, first + i, run, i << MemPages.PageShift);
    }

    /// <summary>Makes a hole of whole pages; returns how many took room.</summary>
    public long Remove(long first, long end)
    {
        long removed = 0;
        Find(first / MemWindow.PageCount, out int at);
        int kept = at;
        for (; at < _count; at++)
        {
            MemWindow window = _windows[at];
            long start = window.Index * MemWindow.PageCount;
            if (start >= end)
                break;
            int low = (int)Math.Max(0, first - start);
            int high = (int)Math.Min(window.Pages.Length, end - start);
            for (int i = low; i < high; i++)
                removed += Clear(window, i);
            if (window.Used > 0)
                _windows[kept++] = window;
        }
        if (kept != at)
        {
            Array.Copy(_windows, at, _windows, kept, _count - at);
            int left = _count - (at - kept);
            Array.Clear(_windows, left, _count - left);
            _count = left;
        }
        PageCount -= removed;
        if (_count == 0)
            _windows = [];
        return removed;
    }

    /// <summary>How many pages of a range take no room yet.</summary>
    public long CountHoles(long first, long end)
    {
        long holes = end - first;
        Find(first / MemWindow.PageCount, out int at);
        for (; at < _count; at++)
        {
            MemWindow window = _windows[at];
            long start = window.Index * MemWindow.PageCount;
            if (start >= end)
                break;
            int low = (int)Math.Max(0, first - start);
            int high = (int)Math.Min(window.Pages.Length, end - start);
            if (low == 0 && high == MemWindow.PageCount && window.Used == high)
            {
                holes -= high;
                continue;
            }
            for (int i = low; i < high; i++)
                holes -= window.Pages[i].IsHole ? 0 : 1;
        }
        return holes;
    }

    /// <summary>The first page at or after <paramref name="page"/> that holds data; -1 for none.</summary>
    public long NextData(long page)
    {
        Find(page / MemWindow.PageCount, out int at);
        for (; at < _count; at++)
        {
            MemWindow window = _windows[at];
            long start = window.Index * MemWindow.PageCount;
            for (int i = (int)Math.Max(0, page - start); i < window.Pages.Length; i++)
            {
                if (window.Pages[i].IsData)
                    return start + i;
            }
        }
        return -1;
    }

    /// <summary>The first page at or after <paramref name="page"/> that holds none.</summary>
    public long NextHole(long page)
    {
        Find(page / MemWindow.PageCount, out int at);
        while (at < _count && _windows[at].Index == page / MemWindow.PageCount)
        {
            MemWindow window = _windows[at++];
            for (int i = (int)(page % MemWindow.PageCount); i < MemWindow.PageCount; i++, page++)
            {
                if (!window.Get(i).IsData)
                    return page;
            }
        }
        return page;
    }

    void SetIn(MemWindow window, int index, MemRun run, int offset)
    {
        ref MemPage page = ref window.At(index);
        if (page.Run is { } old)
        {
            pages.Release(old);
        }
        else
        {
            window.Used++;
            PageCount++;
        }
        page = new MemPage { Run = run, Offset = offset };
    }

    int Clear(MemWindow window, int index)
    {
        ref MemPage page = ref window.Pages[index];
        if (page.Run is not { } run)
            return 0;
        pages.Release(run);
        page = default;
        window.Used--;
        return 1;
    }

    MemWindow GetOrAdd(long index)
    {
        if (Find(index, out int at))
            return _windows[at];
        if (_count == _windows.Length)
            Array.Resize(ref _windows, Math.Max(1, _count * 2));
        Array.Copy(_windows, at, _windows, at + 1, _count - at);
        _count++;
        return _windows[at] = new MemWindow(index);
    }

    /// <summary>Where the window stands, or where it would.</summary>
    bool Find(long index, out int at)
    {
        int low = 0;
        int high = _count - 1;
        // Files grow at the end, and are read in order.
        if (high >= 0 && _windows[high].Index <= index)
        {
            at = _windows[high].Index == index ? high : _count;
            return at == high;
        }
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            long found = _windows[middle].Index;
            if (found == index)
            {
                at = middle;
                return true;
            }
            if (found < index)
                low = middle + 1;
            else
                high = middle - 1;
        }
        at = low;
        return false;
    }
}
