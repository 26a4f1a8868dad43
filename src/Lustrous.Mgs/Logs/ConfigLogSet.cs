using Lustrous.Idl.Config;
using Lustrous.Idl.Llog;
using Lustrous.Obdclass.Llog;

namespace Lustrous.Mgs.Logs;

/// <summary>All logs of an MGS, by name and by the number that readers know them by. Used under the MGS's
/// lock.</summary>
sealed class ConfigLogSet(IConfigStore store, Func<long> unixSeconds)
{
    // A log's number is what clients name it by between their calls, so that it is never given to another log.
    const ulong FirstNumber = 2;

    readonly Dictionary<string, ConfigLogFile> _byName = new(StringComparer.Ordinal);
    readonly Dictionary<LlogLogid, ConfigLogFile> _byId = [];
    ulong _nextNumber = FirstNumber;

    public long Now => unixSeconds();

    /// <summary>Opens what the store holds.</summary>
    public Errno Open()
    {
        foreach (string name in store.List())
        {
            if (Add(name, store.Find(name)!).Error is var error and not Errno.OK)
                return error;
        }
        return Errno.OK;
    }

    public IReadOnlyList<string> Names => [.. _byName.Keys.Order(StringComparer.Ordinal)];

    public ConfigLogFile? Find(string name) => _byName.GetValueOrDefault(name);

    public ConfigLogFile? Find(in LlogLogid id) => _byId.GetValueOrDefault(id);

    public Result<ConfigLogFile> FindOrCreate(string name)
    {
        if (_byName.TryGetValue(name, out ConfigLogFile? log))
            return log;
        Result<ILlogStorage> storage = store.Create(name);
        return storage.Failed ? storage.Error : Add(name, storage.Value);
    }

    /// <summary>Whether there is no record in it, or no such log.</summary>
    public bool IsEmpty(string name) => Find(name)?.IsEmpty ?? true;

    public Errno Append(string name, ConfigItem item, FsDb fs)
    {
        Result<ConfigLogFile> log = FindOrCreate(name);
        return log.Failed ? log.Error : log.Value.Append(item, ++fs.Generation, Now);
    }

    /// <summary>Marks the items of a target and comment; 0 when there is no such log.</summary>
    public Result<int> Mark(string name, string target, string comment, MarkerFlags flags) =>
        Find(name) is { } log ? log.Mark(target, comment, flags, Now) : 0;

    public Errno Remove(string name)
    {
        if (!_byName.Remove(name, out ConfigLogFile? log))
            return Errno.ENOENT;
        _byId.Remove(log.Id);
        return store.Remove(name);
    }

    Result<ConfigLogFile> Add(string name, ILlogStorage storage)
    {
        Result<ConfigLogFile> opened = ConfigLogFile.Open(name, _nextNumber, storage, Now);
        if (opened.Failed)
            return opened.Error;
        _nextNumber++;
        _byName.Add(name, opened.Value);
        _byId.Add(opened.Value.Id, opened.Value);
        return opened.Value;
    }
}
