using Lustrous.Fuse.Protocol;
using Lustrous.Llite;

namespace Lustrous.Fuse.Adapter;

/// <summary>Takes back by notifications what the kernel keeps under locks of Llite.</summary>
public sealed class FuseKernelCache : IKernelCache
{
    /// <summary>A reply that was on its way when a directory's lines were taken back has been stored by then.</summary>
    const int SettleMilliseconds = 50;

    readonly Lock _lock = new();
    readonly Dictionary<ulong, (int Readers, bool IsOld)> _reading = [];   // guarded by _lock: by node id
    readonly HashSet<ulong> _changing = [];     // guarded by _lock: node ids of directories the kernel changes
    volatile FuseSession? _session;

    internal void Attach(FuseSession session) => _session = session;

    internal void Detach() => _session = null;

    public ValueTask InvalidateInodeAsync(LliteInode inode, bool data, long offset = 0, long length = 0)
    {
        ArgumentNullException.ThrowIfNull(inode);
        if (_session is not { } session)
            return default;
        if (data && inode.IsDirectory)
            NoteOldLines(inode);
        return AsTask(session.InvalidateInodeAsync(inode.NodeId, data ? offset : -1, length));
    }

    public ValueTask InvalidateEntryAsync(LliteInode parent, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(parent);
        return _session is { } session ? AsTask(session.InvalidateEntryAsync(parent.NodeId, name)) : default;
    }

    public void ChangesItself(LliteInode directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        lock (_lock)
        {
            if (!_changing.Add(directory.NodeId))
                return;
        }
        _ = TakeBackLaterAsync(directory.NodeId);
    }

    // The error is of no use: ENOENT means that the kernel has nothing, the others that there is no mount any more.
    static ValueTask AsTask(ValueTask<Errno> task) =>
        task.IsCompletedSuccessfully ? default : new ValueTask(task.AsTask());

    /// <summary>A directory's lines are being read for the kernel, which will keep them.</summary>
    internal void ReaddirBegins(LliteInode directory)
    {
        lock (_lock)
        {
            (int readers, bool isOld) = _reading.GetValueOrDefault(directory.NodeId);
            _reading[directory.NodeId] = (readers + 1, isOld);
        }
    }

    /// <summary>The answer goes out. When the directory changed meanwhile the kernel stores lines that it was told to
    /// drop before: it is told again.</summary>
    internal void ReaddirEnds(LliteInode directory)
    {
        bool isOld;
        lock (_lock)
        {
            (int readers, isOld) = _reading[directory.NodeId];
            if (readers == 1)
                _reading.Remove(directory.NodeId);
            else
                _reading[directory.NodeId] = (readers - 1, isOld);
        }
        if (isOld)
            _ = DropLinesLaterAsync(directory.NodeId);
    }

    void NoteOldLines(LliteInode directory)
    {
        lock (_lock)
        {
            if (_reading.TryGetValue(directory.NodeId, out (int Readers, bool IsOld) reading))
                _reading[directory.NodeId] = (reading.Readers, true);
        }
    }

    /// <summary>Once for all changes of a while: an answer that was on its way when one of them began is either in the
    /// kernel by now or will be refused by it for its age.</summary>
    async Task TakeBackLaterAsync(ulong nodeId)
    {
        await Task.Delay(SettleMilliseconds).ConfigureAwait(false);
        lock (_lock)
            _changing.Remove(nodeId);
        if (_session is { } session)
            await session.InvalidateInodeAsync(nodeId, -1).ConfigureAwait(false);
    }

    async Task DropLinesLaterAsync(ulong nodeId)
    {
        await Task.Delay(SettleMilliseconds).ConfigureAwait(false);
        if (_session is { } session)
            await session.InvalidateInodeAsync(nodeId, 0).ConfigureAwait(false);
    }
}
