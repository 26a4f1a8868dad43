namespace Lustrous.Target.Clients;

/// <summary>Numbers of lines in a file, used again when they are free. Not thread-safe.</summary>
sealed class LinePool
{
    readonly Stack<uint> _free = new();

    /// <summary>Lines there are, used or free.</summary>
    public uint Count { get; private set; }

    public int FreeCount => _free.Count;

    /// <summary>A free line, or a new one at the end.</summary>
    public uint Take() => _free.Count > 0 ? _free.Pop() : Count++;

    public void Return(uint line) => _free.Push(line);

    /// <summary>A line at the end, not in use.</summary>
    public uint AddFree()
    {
        _free.Push(Count);
        return Count++;
    }

    /// <summary>Once, at the start: these are in use, and all others below <paramref name="count"/> are not.</summary>
    public void Load(IReadOnlySet<uint> used, uint count)
    {
        Lassert.That(Count == 0);
        Count = count;
        for (uint line = count; line-- > 0;)
        {
            if (!used.Contains(line))
                _free.Push(line);
        }
    }
}
