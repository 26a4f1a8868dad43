using Lustrous.Idl.Mgs;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Mgc;

/// <summary>
/// The client of the MGS: fetches configuration logs, follows them under locks, registers targets (<c>mgc</c>).
/// </summary>
/// <remarks>Source: lustre/mgc/mgc_request.c and mgc_request_server.c.</remarks>
public sealed class Mgc : IAsyncDisposable
{
    public Mgc(PtlrpcNode node, MgcOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        Import = null!;
    }

    public MgcOptions Options { get; }

    public Import Import { get; }

    /// <summary>Waits until the MGS answers.</summary>
    public ValueTask<Errno> ConnectAsync(CancellationToken cancel) => new(Errno.ENOTSUPP);

    /// <summary>
    /// Reads a log (<c>lustre-client</c>, <c>lustre-MDT0000</c>, <c>params</c>), shows its commands, and goes on
    /// following it: new commands are shown as they come.
    /// </summary>
    /// <returns>ENOENT when the MGS has no such log; then it is not followed, except for <c>params</c>.</returns>
    public ValueTask<Errno> FollowAsync(string logName, IConfigLogOwner owner, CancellationToken cancel) =>
        new(Errno.ENOTSUPP);

    /// <summary>Follows <c>FSNAME-cliir</c>, the table of imperative recovery.</summary>
    public ValueTask<Errno> FollowRecoverAsync(string fsName, IRecoverOwner owner, CancellationToken cancel) =>
        new(Errno.ENOTSUPP);

    /// <summary>No more news of a log.</summary>
    public ValueTask UnfollowAsync(string logName) => ValueTask.CompletedTask;

    /// <summary>
    /// Registers a target: the MGS writes its logs at the first time, and tells clients where it is at each. The answer
    /// has the index and name that the MGS chose. EADDRINUSE, EALREADY, EINVAL … as the MGS says.
    /// </summary>
    public ValueTask<Result<MgsTargetInfo>> RegisterTargetAsync(MgsTargetInfo target, CancellationToken cancel) =>
        new(Errno.ENOTSUPP);

    /// <summary>Sets a parameter for good (MGS_SET_INFO): <c>lustre-OST0000.osc.active=0</c>.</summary>
    public ValueTask<Errno> SetParameterAsync(string parameter, CancellationToken cancel) => new(Errno.ENOTSUPP);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
