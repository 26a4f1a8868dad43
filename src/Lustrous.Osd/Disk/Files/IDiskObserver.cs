namespace Lustrous.Osd.Disk.Files;

/// <summary>Is told of all that a target does to its own files, in order: what a test needs to make any state that a
/// loss of power may leave. Calls come on the thread that does it, before it returns.</summary>
interface IDiskObserver
{
    void Created(string path);

    /// <summary>It is so long from now on, however little of it was written.</summary>
    void Reserved(string path, long length);

    void Wrote(string path, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Room was given back, from <paramref name="offset"/> on; <see cref="long.MaxValue"/>: to the
    /// end.</summary>
    void Punched(string path, long offset, long length);

    void Unlinked(string path);

    /// <summary>Is durable, with its name: null for all of the target.</summary>
    void Synced(string? path);
}
