using Lustrous.Obdclass.Llog;

namespace Lustrous.Mgs;

/// <summary>Logs that last as long as the process.</summary>
public sealed class MemoryConfigStore : IConfigStore
{
    readonly SortedDictionary<string, MemoryLlogStorage> _logs = new(StringComparer.Ordinal);

    readonly Dictionary<string, byte[]> _tables = new(StringComparer.Ordinal);

    public IReadOnlyList<string> List() => [.. _logs.Keys];

    public ILlogStorage? Find(string logName) => _logs.GetValueOrDefault(logName);

    public Result<ILlogStorage> Create(string logName)
    {
        var storage = new MemoryLlogStorage();
        return _logs.TryAdd(logName, storage) ? storage : Errno.EEXIST;
    }

    public Errno Remove(string logName) => _logs.Remove(logName) ? Errno.OK : Errno.ENOENT;

    public byte[]? LoadTable(string fsName) => _tables.GetValueOrDefault(fsName);

    public Errno SaveTable(string fsName, ReadOnlySpan<byte> bytes)
    {
        _tables[fsName] = bytes.ToArray();
        return Errno.OK;
    }

    public ValueTask<Errno> SyncAsync(CancellationToken cancel) => new(Errno.OK);
}
