namespace Lustrous.Ptlrpc;

/// <summary>What a <see cref="FreeList{T}"/> can link.</summary>
interface IFreeListItem<T> where T : class
{
    T? NextFree { get; set; }
}

/// <summary>Objects that wait to be used again, linked through themselves. Thread-safe; keeps at most <c>retain</c> of
/// them.</summary>
sealed class FreeList<T>(Func<T> create, int retain) where T : class, IFreeListItem<T>
{
    readonly RankedLock _lock = new(69, "free_list");
    T? _top;        // guarded by _lock
    int _count;     // guarded by _lock

    public T Take()
    {
        using (_lock.Enter())
        {
            if (_top is { } item)
            {
                _top = item.NextFree;
                item.NextFree = null;
                _count--;
                return item;
            }
        }
        return create();
    }

    public void Return(T item)
    {
        using (_lock.Enter())
        {
            if (_count >= retain)
                return;
            item.NextFree = _top;
            _top = item;
            _count++;
        }
    }
}
