using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Protocol;

/// <summary>A mounted FUSE file system and the threads that serve it.</summary>
public sealed partial class FuseSession : IAsyncDisposable
{
    FuseSession(FuseMountOptions options, FuseFileSystem fileSystem)
    {
        Options = options;
        FileSystem = fileSystem;
    }

    public FuseMountOptions Options { get; }

    public FuseFileSystem FileSystem { get; }

    /// <summary>How requests come.</summary>
    public FuseTransportKind Transport { get; private set; }

    /// <summary>What was agreed on with the kernel.</summary>
    public FuseInitFlags Flags { get; private set; }

    /// <summary>Largest read and write, bytes.</summary>
    public int MaxIoBytes { get; private set; }

    /// <summary>Ends when the file system is unmounted, by whomever, and no request is under way.</summary>
    public Task Completion => Task.CompletedTask;

    /// <summary>Mounts and serves. Throws <see cref="FuseException"/> with one line for a person.</summary>
    public static ValueTask<FuseSession> MountAsync(FuseMountOptions options, FuseFileSystem fileSystem) =>
        throw new FuseException(Errno.ENOSYS, "not yet");

    /// <summary>Unmounts. EBUSY while it is in use, unless <paramref name="lazy"/>: then it goes out of sight at once
    /// and ends with its last user.</summary>
    public ValueTask<Errno> UnmountAsync(bool lazy = false) => new(Errno.ENOSYS);

    /// <summary>The kernel drops attributes, and pages too when <paramref name="offset"/> is not negative (length 0: to
    /// the end).</summary>
    public ValueTask<Errno> InvalidateInodeAsync(ulong nodeId, long offset = -1, long length = 0) => new(Errno.ENOSYS);

    /// <summary>The kernel asks for a name again before it believes it.</summary>
    public ValueTask<Errno> InvalidateEntryAsync(ulong parent, ReadOnlySpan<byte> name) => new(Errno.ENOSYS);

    public async ValueTask DisposeAsync() => await UnmountAsync(lazy: true);
}
