using Lustrous.Libcfs;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;

namespace Lustrous.Oss.Ofd;

/// <summary>
/// An object storage target (<c>struct ofd_device</c>): the objects of files, their locks, and the room that clients
/// were promised.
/// </summary>
/// <remarks>
/// Its requests come in over the services of the node (portals 28, 6, 7, 31, and 17 for cancels). Source:
/// lustre/ofd/ofd_dev.c.
/// </remarks>
public sealed class OfdDevice : ITargetDevice
{
    /// <param name="node">Of the server: callbacks to clients go out here.</param>
    /// <param name="exports">The node's.</param>
    /// <param name="storage">What it keeps its objects in; the owner disposes it afterwards.</param>
    /// <param name="options">Which OST it is.</param>
    public OfdDevice(PtlrpcNode node, ExportTable exports, IDtDevice storage, OfdOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(exports);
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        Target = null!;
    }

    public OfdOptions Options { get; }

    public string Name => Options.Name;

    public ServiceTarget Target { get; }

    public ValueTask<Errno> ProcessConfigAsync(ConfigCommand command, CancellationToken cancel) => new(Errno.OK);

    public ValueTask<Errno> StartAsync(CancellationToken cancel) => new(Errno.ENOTSUPP);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
