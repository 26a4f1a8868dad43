using Lustrous.Idl.Fids;

namespace Lustrous.Llite;

// The whole file system, and what lfs asks.
public sealed partial class LliteMount
{
    /// <summary>Room, as <c>df</c> shows it: inodes of the MDTs, blocks of the OSTs.</summary>
    public ValueTask<Result<LliteStatfs>> StatfsAsync(
        CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Room of each target, MDTs first: <c>lfs df</c>.</summary>
    public ValueTask<Result<IReadOnlyList<TargetStatfs>>> StatfsTargetsAsync(
        CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Path below the root of the file system: <c>lfs fid2path</c>; ENOENT.</summary>
    public ValueTask<Result<string>> FidToPathAsync(
        Fid fid, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>The object of a FID (<c>.lustre/fid</c>, NFS handles); ESTALE. Counts as a lookup.</summary>
    public ValueTask<Result<LliteEntry>> LookupFidAsync(
        Fid fid, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Layout as <c>lov_user_md</c>; of a directory its default; ENODATA when it has none.</summary>
    public ValueTask<Result<byte[]>> GetStripeAsync(
        LliteInode inode, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Sets a directory's default layout, or gives a file without objects its layout.</summary>
    public ValueTask<Errno> SetStripeAsync(
        LliteInode inode, ReadOnlySpan<byte> layout, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Creates a file with a layout of its own: <c>lfs setstripe FILE</c>.</summary>
    public ValueTask<Result<LliteCreated>> CreateStripedAsync(
        LliteInode parent, ReadOnlySpan<byte> name, uint mode, LliteOpenFlags flags, ReadOnlySpan<byte>
        layout, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);
}
