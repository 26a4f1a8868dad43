using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Mem;

/// <summary>Takes names out of the tree a batch at a time, so that the directory may change meanwhile.</summary>
sealed class MemDirectoryIterator(MemDevice device) : DtDirectoryIterator
{
    readonly MemName[] _batch = new MemName[64];
    MemObject? _directory;
    ulong _hash;            // where to begin
    int _count;
    int _next;
    bool _started;
    MemName? _current;

    public MemDirectoryIterator? NextFree { get; set; }

    public override ulong Hash => _current!.Hash;

    public override ReadOnlySpan<byte> Name => _current!.Name;

    public override DtEntry Entry => _current!.Entry;

    public void Begin(MemObject directory, ulong hash)
    {
        _directory = directory;
        _hash = hash;
        _started = false;
        _count = _next = 0;
        _current = null;
    }

    public override bool MoveNext()
    {
        if (_next == _count && !Fill())
            return false;
        _current = _batch[_next++];
        return true;
    }

    public override void Dispose()
    {
        if (_directory is null)
            return;
        _directory = null;
        _current = null;
        Array.Clear(_batch);
        device.Return(this);
    }

    bool Fill()
    {
        MemName? last = _current;
        _count = _started && last is null
            ? 0
            : _directory!.CopyNames(last?.Hash ?? _hash, last is null ? default : last.Name, last is not null, _batch);
        _started = true;
        _next = 0;
        if (_count == 0)
            _current = null;
        return _count > 0;
    }
}
