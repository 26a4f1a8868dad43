using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Protocol;

/// <summary>
/// A file system behind the FUSE protocol: one method for each request. A method is called on a thread of the transport
/// and must not block it; it completes at once (no other thread is touched, nothing is allocated) or later, on whatever
/// thread. It answers with an error, or fills the reply of the request and answers OK. Several requests run at once.
/// </summary>
/// <remarks>Names and values are the kernel's bytes in the request's buffer: good until the reply is written, or until
/// the method has returned without completing.</remarks>
public abstract class FuseFileSystem
{
    /// <summary>Abilities to ask for beyond those that the session always wants.</summary>
    public virtual FuseInitFlags WantedFlags => FuseInitFlags.None;

    /// <summary>The session is ready: notifications may be sent from now on.</summary>
    public virtual void Started(FuseSession session)
    {
    }

    /// <summary>The last umount, or the loss of the connection. No request follows.</summary>
    public virtual void Destroyed()
    {
    }

    /// <summary>The kernel gives lookups back. Answers nothing, must be quick.</summary>
    public virtual void Forget(ulong nodeId, ulong lookups)
    {
    }

    /// <summary>Reply: <see cref="FuseEntryOut"/>.</summary>
    public virtual ValueTask<Errno> LookupAsync(FuseRequest request, ReadOnlySpan<byte> name) => NotSupported;

    /// <summary>Reply: <see cref="FuseAttrOut"/>.</summary>
    public virtual ValueTask<Errno> GetattrAsync(FuseRequest request, in FuseGetattrIn input) => NotSupported;

    /// <summary>Reply: <see cref="FuseAttrOut"/>.</summary>
    public virtual ValueTask<Errno> SetattrAsync(FuseRequest request, in FuseSetattrIn input) => NotSupported;

    /// <summary>Reply: the target in <see cref="FuseRequest.ReplyBuffer"/>, without a final zero.</summary>
    public virtual ValueTask<Errno> ReadlinkAsync(FuseRequest request) => NotSupported;

    /// <summary>Reply: <see cref="FuseEntryOut"/>.</summary>
    public virtual ValueTask<Errno> SymlinkAsync(
        FuseRequest request, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) => NotSupported;

    /// <summary>Reply: <see cref="FuseEntryOut"/>.</summary>
    public virtual ValueTask<Errno> MknodAsync(
        FuseRequest request, in FuseMknodIn input, ReadOnlySpan<byte> name) => NotSupported;

    /// <summary>Reply: <see cref="FuseEntryOut"/>.</summary>
    public virtual ValueTask<Errno> MkdirAsync(
        FuseRequest request, in FuseMkdirIn input, ReadOnlySpan<byte> name) => NotSupported;

    public virtual ValueTask<Errno> UnlinkAsync(FuseRequest request, ReadOnlySpan<byte> name) => NotSupported;

    public virtual ValueTask<Errno> RmdirAsync(FuseRequest request, ReadOnlySpan<byte> name) => NotSupported;

    /// <summary>RENAME and RENAME2; flags are renameat2's.</summary>
    public virtual ValueTask<Errno> RenameAsync(
        FuseRequest request, ReadOnlySpan<byte> name, ulong newParent, ReadOnlySpan<byte> newName, uint flags) =>
        NotSupported;

    /// <summary>Another name for <paramref name="oldNodeId"/> in the directory of the request. Reply:
    /// <see cref="FuseEntryOut"/>.</summary>
    public virtual ValueTask<Errno> LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlySpan<byte> newName) =>
        NotSupported;

    /// <summary>Reply: <see cref="FuseOpenOut"/>.</summary>
    public virtual ValueTask<Errno> OpenAsync(FuseRequest request, in FuseOpenIn input) => NotSupported;

    /// <summary>Reply: <see cref="FuseCreateOut"/>.</summary>
    public virtual ValueTask<Errno> CreateAsync(
        FuseRequest request, in FuseCreateIn input, ReadOnlySpan<byte> name) => NotSupported;

    /// <summary>Reply: up to <c>Size</c> bytes in <see cref="FuseRequest.ReplyBuffer"/>.</summary>
    public virtual ValueTask<Errno> ReadAsync(FuseRequest request, in FuseReadIn input) => NotSupported;

    /// <summary>The data is lent until the method has completed. Reply: <see cref="FuseWriteOut"/>.</summary>
    public virtual ValueTask<Errno> WriteAsync(FuseRequest request, in FuseWriteIn input, IoVec data) => NotSupported;

    public virtual ValueTask<Errno> FlushAsync(FuseRequest request, in FuseFlushIn input) => NotSupported;

    public virtual ValueTask<Errno> ReleaseAsync(FuseRequest request, in FuseReleaseIn input) => new(Errno.OK);

    public virtual ValueTask<Errno> FsyncAsync(FuseRequest request, in FuseFsyncIn input) => NotSupported;

    /// <summary>Reply: <see cref="FuseOpenOut"/>. ENOSYS: the kernel opens directories itself from now on and keeps
    /// their lines until they are invalidated.</summary>
    public virtual ValueTask<Errno> OpendirAsync(FuseRequest request, in FuseOpenIn input) => NotSupported;

    /// <summary>READDIR, or READDIRPLUS when <paramref name="plus"/>. Reply: lines by
    /// <see cref="FuseDirectoryWriter"/>.</summary>
    public virtual ValueTask<Errno> ReaddirAsync(FuseRequest request, in FuseReadIn input, bool plus) => NotSupported;

    public virtual ValueTask<Errno> ReleasedirAsync(FuseRequest request, in FuseReleaseIn input) => new(Errno.OK);

    public virtual ValueTask<Errno> FsyncdirAsync(FuseRequest request, in FuseFsyncIn input) => NotSupported;

    /// <summary>Reply: <see cref="FuseStatfsOut"/>.</summary>
    public virtual ValueTask<Errno> StatfsAsync(FuseRequest request) => NotSupported;

    public virtual ValueTask<Errno> SetxattrAsync(
        FuseRequest request, in FuseSetxattrIn input, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        NotSupported;

    /// <summary>Reply: the value in <see cref="FuseRequest.ReplyBuffer"/>; when <paramref name="size"/> is 0 its size
    /// by <see cref="FuseRequest.ReplyXattrSize"/>. ERANGE when it does not fit.</summary>
    public virtual ValueTask<Errno> GetxattrAsync(FuseRequest request, int size, ReadOnlySpan<byte> name) =>
        NotSupported;

    /// <summary>Reply as of <see cref="GetxattrAsync"/>: the names, each with its zero byte.</summary>
    public virtual ValueTask<Errno> ListxattrAsync(FuseRequest request, int size) => NotSupported;

    public virtual ValueTask<Errno> RemovexattrAsync(FuseRequest request, ReadOnlySpan<byte> name) => NotSupported;

    public virtual ValueTask<Errno> AccessAsync(FuseRequest request, uint mask) => NotSupported;

    /// <summary>SETLK, and SETLKW where <paramref name="mayWait"/>; both for flock(2) too. Called only when
    /// <see cref="FuseInitFlags.PosixLocks"/> or <see cref="FuseInitFlags.FlockLocks"/> was agreed on.</summary>
    public virtual ValueTask<Errno> SetLockAsync(FuseRequest request, in FuseLockIn input, bool mayWait) =>
        NotSupported;

    /// <summary>Reply: <see cref="FuseLockOut"/>.</summary>
    public virtual ValueTask<Errno> GetLockAsync(FuseRequest request, in FuseLockIn input) => NotSupported;

    public virtual ValueTask<Errno> FallocateAsync(FuseRequest request, in FuseFallocateIn input) => NotSupported;

    /// <summary>Reply: <see cref="FuseLseekOut"/>.</summary>
    public virtual ValueTask<Errno> LseekAsync(FuseRequest request, in FuseLseekIn input) => NotSupported;

    /// <summary>Reply: <see cref="FuseIoctlOut"/> and data by <see cref="FuseRequest.ReplyIoctl"/>; the data that came
    /// in lies where the answer goes, so it is read first.</summary>
    public virtual ValueTask<Errno> IoctlAsync(
        FuseRequest request, in FuseIoctlIn input, ReadOnlySpan<byte> data) => new(Errno.ENOTTY);

    /// <summary>Reply: <see cref="FuseStatxOut"/>. ENOSYS: the kernel asks GETATTR instead from now on.</summary>
    public virtual ValueTask<Errno> StatxAsync(FuseRequest request, in FuseStatxIn input) => NotSupported;

    /// <summary>Reply: <see cref="FuseWriteOut"/>. ENOSYS: the kernel copies by reading and writing.</summary>
    public virtual ValueTask<Errno> CopyFileRangeAsync(FuseRequest request, in FuseCopyFileRangeIn input) =>
        NotSupported;

    public virtual ValueTask<Errno> SyncfsAsync(FuseRequest request) => NotSupported;

    /// <summary>A request the session does not know: the kernel is told so and does not ask again.</summary>
    static ValueTask<Errno> NotSupported => new(Errno.ENOSYS);
}
