using Lustrous.Clients.Lmv;
using Lustrous.Obdclass.Parameters;

namespace Lustrous.Llite;

/// <summary>
/// One mounted file system below any kernel (<c>struct ll_sb_info</c>): a method for each operation, each for one
/// caller. Answers that need no server complete at once, on the caller's thread, without allocating.
/// </summary>
public sealed partial class LliteMount : IAsyncDisposable
{
    public LliteMount(
        NodeContext context, LliteMountOptions options, LmvDevice metadata, ParameterTree parameters)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        Context = context;
        Options = options;
    }

    public NodeContext Context { get; }

    public LliteMountOptions Options { get; }

    /// <summary>The directory that is mounted; only after <see cref="MountAsync"/>.</summary>
    public LliteInode Root { get; private set; } = null!;

    /// <summary>The MDTs, in order.</summary>
    public IReadOnlyList<LliteTarget> Mdts => [];

    /// <summary>The OSTs, in order.</summary>
    public IReadOnlyList<LliteTarget> Osts => [];

    /// <summary>Connects, asks for the root and its attributes (<c>client_common_fill_super</c>). Errors name the
    /// target in the log.</summary>
    public ValueTask<Errno> MountAsync(CancellationToken cancel) => new(Errno.ENOSYS);

    /// <summary>Writes everything back, closes what is open, gives locks back and disconnects; takes no longer than
    /// <see cref="LliteMountOptions.UmountTimeoutSeconds"/> even when no target answers.</summary>
    public ValueTask<Errno> UmountAsync() => new(Errno.OK);

    public async ValueTask DisposeAsync() => await UmountAsync();

    /// <summary>The inode that the kernel names; null when it is not known (any more).</summary>
    public LliteInode? FindInode(ulong nodeId) => nodeId == 1 ? Root : null;

    /// <summary>The open file that the kernel names; null when there is none.</summary>
    public LliteFile? FindFile(ulong handle) => null;

    /// <summary>The kernel gives <paramref name="lookups"/> of its lookups back.</summary>
    public void Forget(ulong nodeId, ulong lookups)
    {
    }
}
