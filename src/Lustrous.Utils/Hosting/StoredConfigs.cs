using Lustrous.Clients.Mgc;
using Lustrous.Mgs;

namespace Lustrous.Utils.Hosting;

/// <summary>A target's copies of its configuration logs, in its own storage. Once disposed it takes no more, and
/// touches the storage no more.</summary>
sealed class StoredConfigs(DtConfigStore store) : IConfigCopies, IAsyncDisposable
{
    readonly SemaphoreSlim _saving = new(1, 1);
    bool _isClosed;         // guarded by _saving

    public byte[]? Load(string logName) => store.Load(logName);

    public async ValueTask<Errno> SaveAsync(string logName, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
            return Errno.ESHUTDOWN;
        // Not given up: who is before us waits for the disk only.
        await _saving.WaitAsync(CancellationToken.None);
        try
        {
            if (_isClosed)
                return Errno.ESHUTDOWN;
            if (store.Load(logName) is { } known && bytes.Span.SequenceEqual(known))
                return Errno.OK;
            Errno error = store.Replace(logName, bytes.Span);
            Errno synced = await store.SyncAsync(cancel);
            return error == Errno.OK ? synced : error;
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <summary>Waits for a copy that is being written.</summary>
    public async ValueTask DisposeAsync()
    {
        await _saving.WaitAsync();
        _isClosed = true;
        _saving.Release();
    }
}
