using Lustrous.Obdclass.Llog;

namespace Lustrous.Mgs;

/// <summary>Where an MGS keeps its configuration logs (the <c>CONFIGS</c> folder of its target). Called by one at a
/// time.</summary>
public interface IConfigStore
{
    /// <summary>Names of the logs there are, in order.</summary>
    IReadOnlyList<string> List();

    /// <summary>The bytes of a log; null when there is none of this name.</summary>
    ILlogStorage? Find(string logName);

    /// <summary>An empty log; EEXIST when there is one of this name.</summary>
    Result<ILlogStorage> Create(string logName);

    /// <summary>Takes a log away; ENOENT when there is none of this name.</summary>
    Errno Remove(string logName);

    /// <summary>The table of NIDs of a file system, as it was saved last; null when it never was.</summary>
    byte[]? LoadTable(string fsName);

    /// <summary>Puts a table of NIDs in place of the one before.</summary>
    Errno SaveTable(string fsName, ReadOnlySpan<byte> bytes);

    /// <summary>Makes what was written durable.</summary>
    ValueTask<Errno> SyncAsync(CancellationToken cancel);
}
