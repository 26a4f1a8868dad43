namespace Lustrous.Llite;

/// <summary>
/// The kernel above a mount: what it caches under our locks is taken back here before the lock is given up. Called
/// without locks held. Each method completes when the kernel has let go; it must not wait for requests that
/// the kernel has sent us, other than by completing later.
/// </summary>
public interface IKernelCache
{
    /// <summary>The name may lead elsewhere, or nowhere, from now on; negative answers too.</summary>
    ValueTask InvalidateEntryAsync(LliteInode parent, ReadOnlySpan<byte> name);

    /// <summary>Attributes, ACL and a symbolic link's target are void; data too when <paramref name="data"/>, which
    /// first writes dirty pages of the range back.</summary>
    /// <param name="inode">The object.</param>
    /// <param name="data">Whether pages go, or only attributes.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes; 0 or less to the end.</param>
    ValueTask InvalidateInodeAsync(LliteInode inode, bool data, long offset = 0, long length = 0);

    /// <summary>
    /// The kernel itself changes names in a directory, and forgets its times and lines by itself. Attributes that were
    /// on their way to it meanwhile may be older: they are taken back soon.
    /// </summary>
    void ChangesItself(LliteInode directory);
}

/// <summary>No kernel: a mount that is used as a library or by a test.</summary>
public sealed class NoKernelCache : IKernelCache
{
    public static readonly NoKernelCache Instance = new();

    public ValueTask InvalidateEntryAsync(LliteInode parent, ReadOnlySpan<byte> name) => default;

    public ValueTask InvalidateInodeAsync(LliteInode inode, bool data, long offset, long length) => default;

    public void ChangesItself(LliteInode directory)
    {
    }
}
