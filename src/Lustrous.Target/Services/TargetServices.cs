using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target.Services;

/// <summary>
/// The ptlrpc services of one server node: which portals an MGS, MDS or OSS listens on, with Lustre's sizes. Any
/// service
/// serves any target of the node: the export of a request says which.
/// </summary>
public sealed class TargetServices : IAsyncDisposable
{
    /// <param name="roles">What it serves; portals that several need have one service.</param>
    /// <param name="create">Makes one, with <see cref="TargetHandler.Instance"/> and the node's exports.</param>
    /// <param name="timeouts">Of requests and bulk.</param>
    public TargetServices(ServerRoles roles, Func<ServiceOptions, Service> create, PtlrpcOptions? timeouts = null) =>
        throw new NotSupportedException();

    /// <summary>In order of portals.</summary>
    public IReadOnlyList<Service> Services { get; } = [];

    /// <summary>Listens. The error of the first service that cannot.</summary>
    public Errno Start() => throw new NotSupportedException();

    /// <summary>What the services of such a node are, one a portal.</summary>
    public static IReadOnlyList<ServiceOptions> OptionsOf(ServerRoles roles, PtlrpcOptions? timeouts = null) =>
        throw new NotSupportedException();

    /// <summary>Stops listening and ends what is being handled.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
