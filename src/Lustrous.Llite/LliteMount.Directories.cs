namespace Lustrous.Llite;

// Reading directories.
public sealed partial class LliteMount
{
    /// <summary>Entries from <paramref name="cookie"/> on (0: the first) until the filler is full or the directory
    /// ends; with attributes when <paramref name="plus"/>.</summary>
    public ValueTask<Errno> ReaddirAsync(
        LliteFile directory, ulong cookie, bool plus, IDirectoryFiller filler, Credentials caller,
        CancellationToken cancel) =>
        new(Errno.ENOSYS);
}
