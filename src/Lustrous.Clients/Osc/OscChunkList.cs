namespace Lustrous.Clients.Osc;

/// <summary>The chunks of one object, by index: a sorted array, since files grow at their end.</summary>
sealed class OscChunkList
{
    OscChunk[] _items = new OscChunk[2];

    public int Count { get; private set; }

    public OscChunk this[int place] => _items[place];

    public OscChunk? Find(ulong index)
    {
        int place = LowerBound(index);
        return place < Count && _items[place].Index == index ? _items[place] : null;
    }

    /// <summary>Place of the first chunk at or behind an index.</summary>
    public int LowerBound(ulong index)
    {
        if (Count == 0 || _items[Count - 1].Index < index)
            return Count;
        int low = 0, high = Count - 1;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_items[middle].Index < index)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    public void Add(OscChunk chunk)
    {
        int place = LowerBound(chunk.Index);
        if (Count == _items.Length)
            Array.Resize(ref _items, Count * 2);
        Array.Copy(_items, place, _items, place + 1, Count - place);
        _items[place] = chunk;
        Count++;
    }

    public void RemoveAt(int place)
    {
        Count--;
        Array.Copy(_items, place + 1, _items, place, Count - place);
        _items[Count] = null!;
    }
}
