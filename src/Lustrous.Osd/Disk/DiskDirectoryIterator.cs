using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Disk;

/// <summary>Takes names out of the directory a batch at a time, so that it may change meanwhile.</summary>
sealed class DiskDirectoryIterator(DiskDevice device) : DtDirectoryIterator
{
    const int BatchNames = 256;

    readonly List<DiskName> _batch = [];
    DiskObject? _directory;
    ulong _hash;            // where to begin
    int _next;
    bool _atEnd;
    Errno _error;
    DiskName? _current;

    public DiskDirectoryIterator? NextFree { get; set; }

    public override ulong Hash => _current!.Hash;

    public override ReadOnlySpan<byte> Name => _current!.Name;

    public override DtEntry Entry => _current!.Entry;

    public override Errno Error => _error;

    public void Begin(DiskObject directory, ulong hash)
    {
        _directory = directory;
        _hash = hash;
        _next = 0;
        _atEnd = false;
        _error = Errno.OK;
        _batch.Clear();
        _current = null;
    }

    public override bool MoveNext()
    {
        if (_next == _batch.Count && !Fill())
        {
            _current = null;
            return false;
        }
        _current = _batch[_next++];
        return true;
    }

    public override void Dispose()
    {
        if (_directory is null)
            return;
        _directory = null;
        _current = null;
        _batch.Clear();
        device.Return(this);
    }

    bool Fill()
    {
        if (_atEnd)
            return false;
        DiskName? last = _batch.Count > 0 ? _batch[^1] : null;
        _batch.Clear();
        _next = 0;
        Errno error = _directory!.CopyNames(
            last?.Hash ?? _hash, last is null ? default : last.Name, last is not null, BatchNames, _batch);
        _error = error == Errno.OK ? _error : error;
        _atEnd = _batch.Count < BatchNames;
        return _batch.Count > 0;
    }
}
