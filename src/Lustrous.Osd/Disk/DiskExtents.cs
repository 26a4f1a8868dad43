namespace Lustrous.Osd.Disk;

/// <summary>Where the blocks of one body are, in order; what is in none is a hole. Guarded by the object's
/// lock.</summary>
sealed class DiskExtents
{
    readonly List<DiskExtent> _list = [];

    /// <summary>Blocks that take room.</summary>
    public long Blocks { get; private set; }

    public int Count => _list.Count;

    public DiskExtent this[int index] => _list[index];

    /// <summary>The first extent that ends behind a block.</summary>
    public int IndexFrom(long block)
    {
        int low = 0;
        int high = _list.Count;
        // Files grow at the end, and are read in order.
        if (high > 0 && _list[high - 1].End <= block)
            return high;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_list[middle].End <= block)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>The extent that holds a block; a hole up to the next one, or up to the end of all.</summary>
    public DiskExtent At(long block)
    {
        int index = IndexFrom(block);
        if (index < _list.Count && _list[index].Block <= block)
            return _list[index];
        long end = index < _list.Count ? _list[index].Block : long.MaxValue;
        return new DiskExtent(block, (int)Math.Min(end - block, int.MaxValue), DiskExtentKind.Hole, 0);
    }

    /// <summary>How many blocks of a range take no room yet.</summary>
    public long CountHoles(long first, long end)
    {
        long holes = end - first;
        for (int i = IndexFrom(first); i < _list.Count && _list[i].Block < end; i++)
            holes -= Math.Min(_list[i].End, end) - Math.Max(_list[i].Block, first);
        return holes;
    }

    /// <summary>Puts others in the place of <paramref name="count"/> from <paramref name="index"/> on.</summary>
    public void Replace(int index, int count, ReadOnlySpan<DiskExtent> with)
    {
        for (int i = 0; i < count; i++)
            Blocks -= _list[index + i].Count;
        int kept = Math.Min(count, with.Length);
        for (int i = 0; i < kept; i++)
            _list[index + i] = with[i];
        if (count > kept)
            _list.RemoveRange(index + kept, count - kept);
        for (int i = kept; i < with.Length; i++)
            _list.Insert(index + i, with[i]);
        foreach (DiskExtent extent in with)
            Blocks += extent.Count;
    }

    public void Add(in DiskExtent extent)
    {
        _list.Add(extent);
        Blocks += extent.Count;
    }
}
