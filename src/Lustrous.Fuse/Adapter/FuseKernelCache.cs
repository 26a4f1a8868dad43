using Lustrous.Fuse.Protocol;
using Lustrous.Llite;

namespace Lustrous.Fuse.Adapter;

/// <summary>Takes back by notifications what the kernel keeps under locks of Llite.</summary>
public sealed class FuseKernelCache : IKernelCache
{
    FuseSession? _session;

    internal void Attach(FuseSession session) => _session = session;

    public async ValueTask InvalidateInodeAsync(LliteInode inode, bool data, long offset = 0, long length = 0)
    {
        ArgumentNullException.ThrowIfNull(inode);
        if (_session is { } session)
            await session.InvalidateInodeAsync(inode.NodeId, data ? offset : -1, length);
    }

    public ValueTask InvalidateEntryAsync(LliteInode parent, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(parent);
        if (_session is not { } session)
            return default;
        ValueTask<Errno> task = session.InvalidateEntryAsync(parent.NodeId, name);
        return task.IsCompletedSuccessfully ? default : new ValueTask(task.AsTask());
    }
}
