using Lustrous.Idl.Fids;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Osp;

/// <summary>
/// An MDT's way to one OST (<c>struct osp_device</c>): objects made ahead for new files, how much room there is, and
/// what has to happen to objects once a change of the MDT has been committed.
/// </summary>
/// <remarks>Source: lustre/osp/osp_dev.c, osp_precreate.c, osp_sync.c.</remarks>
public sealed class OspDevice : IAsyncDisposable
{
    public OspDevice(PtlrpcNode node, IDtDevice storage, OspOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        Import = null!;
    }

    public OspOptions Options { get; }

    public Import Import { get; }

    public uint Index => Options.OstIndex;

    /// <summary>Connected, not deactivated by the administrator, and it can make objects.</summary>
    public bool IsUsable => false;

    /// <summary>As of the last answer; at most <see cref="OspOptions.StatfsMaxAgeSeconds"/> old while
    /// connected.</summary>
    public ObdStatfs Statfs => default;

    /// <summary>Connects, and goes on doing so.</summary>
    public Errno Start() => Errno.ENOTSUPP;

    /// <summary>An object that no file has yet; waits for more to be made.</summary>
    /// <returns>ENOSPC: the OST is full; ENODEV, ENOTCONN: it cannot be reached; ETIMEDOUT: it took too long.</returns>
    public ValueTask<Result<Fid>> ReserveAsync(CancellationToken cancel) => new(Errno.ENOTSUPP);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
