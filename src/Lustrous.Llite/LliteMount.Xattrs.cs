namespace Lustrous.Llite;

// Extended attributes.
public sealed partial class LliteMount
{
    /// <summary>Length of the value, copied unless <paramref name="destination"/> is empty; ENODATA, ERANGE.</summary>
    public ValueTask<Result<int>> GetxattrAsync(
        LliteInode inode, ReadOnlySpan<byte> name, IoVec destination, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Sets; flags XATTR_CREATE (1), XATTR_REPLACE (2).</summary>
    public ValueTask<Errno> SetxattrAsync(
        LliteInode inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags, Credentials caller,
        CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Length of the names, each with its zero; ERANGE.</summary>
    public ValueTask<Result<int>> ListxattrAsync(
        LliteInode inode, IoVec destination, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Removes; ENODATA.</summary>
    public ValueTask<Errno> RemovexattrAsync(
        LliteInode inode, ReadOnlySpan<byte> name, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);
}
