namespace Lustrous.Clients.Mgc;

/// <summary>Copies of configuration logs that a target keeps with its data, so that it can start while its MGS is down
/// (the logs in CONFIGS of each target).</summary>
public interface IConfigCopies
{
    /// <summary>The copy of a log; null when there is none.</summary>
    byte[]? Load(string logName);

    /// <summary>Puts a copy in place of the one before; on disk when this ends.</summary>
    ValueTask<Errno> SaveAsync(string logName, ReadOnlyMemory<byte> bytes, CancellationToken cancel);
}
