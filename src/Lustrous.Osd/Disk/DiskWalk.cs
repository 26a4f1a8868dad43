using Lustrous.Osd.Disk.Store;
using Lustrous.Osd.Mem;
using RocksDbSharp;

namespace Lustrous.Osd.Disk;

/// <summary>Goes through the keys of one object and one letter, in order: those of the store, with what has changed
/// since. Under the object's lock.</summary>
ref struct DiskWalk
{
    readonly Iterator _iterator;
    readonly MemTree<DiskEntry>? _pending;
    readonly ReadOnlySpan<byte> _prefix;
    readonly DiskEntry[] _chunk = new DiskEntry[32];
    ReadOnlySpan<byte> _from;
    bool _after;
    bool _more;
    int _count;
    int _next;

    /// <param name="store">Where to look.</param>
    /// <param name="pending">What has changed since.</param>
    /// <param name="prefix">Of all keys that are wanted.</param>
    /// <param name="from">The first key.</param>
    /// <param name="after">Not that one itself.</param>
    public DiskWalk(
        DiskStore store, MemTree<DiskEntry>? pending, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> from, bool after)
    {
        _iterator = store.Iterate();
        _pending = pending;
        _prefix = prefix;
        _from = from;
        _after = after;
        _more = DiskStore.Seek(_iterator, from, prefix);
        if (_more && after && _iterator.GetKeySpan().SequenceEqual(from))
            _more = DiskStore.IsWithin(_iterator.Next(), prefix);
        FillChunk();
    }

    public byte[] Key { get; private set; } = [];

    public byte[] Value { get; private set; } = [];

    public bool MoveNext()
    {
        while (true)
        {
            DiskEntry? pending = _next < _count ? _chunk[_next] : null;
            if (pending is null && !_more)
                return false;
            int order = pending is null ? 1 : -1;
            if (pending is not null && _more)
                order = pending.Key.AsSpan().SequenceCompareTo(_iterator.GetKeySpan());
            if (order > 0)
            {
                Key = _iterator.GetKeySpan().ToArray();
                Value = _iterator.GetValueSpan().ToArray();
                _more = DiskStore.IsWithin(_iterator.Next(), _prefix);
                return true;
            }
            if (order == 0)
                _more = DiskStore.IsWithin(_iterator.Next(), _prefix);
            if (++_next == _count && _count == _chunk.Length)
            {
                _from = pending!.Key;
                _after = true;
                FillChunk();
            }
            if (pending!.Value is not { } value)
                continue;
            (Key, Value) = (pending.Key, value);
            return true;
        }
    }

    /// <summary>EIO when it ended before the end because the store is damaged.</summary>
    public readonly Errno Status(DiskStore store) => store.StatusOf(_iterator);

    public readonly void Dispose() => _iterator.Dispose();

    void FillChunk()
    {
        _next = 0;
        _count = _pending?.CopyFrom(new DiskProbe(_from), _after, _chunk) ?? 0;
    }
}
