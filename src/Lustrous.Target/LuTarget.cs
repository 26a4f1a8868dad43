using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Clients;
using Lustrous.Target.Grants;

namespace Lustrous.Target;

/// <summary>
/// One server target (<c>struct lu_target</c>): clients, their slots and grants, a device, and the numbers of its
/// transactions. Handlers are rows of <see cref="Service"/>; every change they make goes through <see cref="Begin"/>.
/// </summary>
public sealed partial class LuTarget : IAsyncDisposable
{
    /// <param name="context">The node's.</param>
    /// <param name="exports">The node's.</param>
    /// <param name="options">What it is.</param>
    /// <param name="device">Where it keeps its things; the owner disposes it after the target.</param>
    /// <param name="hooks">Told after the target itself of clients that come and go. Its
    /// <see cref="IServiceTargetHooks.KnownCookie"/> is not asked.</param>
    public LuTarget(
        NodeContext context, ExportTable exports, LuTargetOptions options, IDtDevice device,
        IServiceTargetHooks? hooks = null)
    {
        throw new NotSupportedException();
    }

    public LuTargetOptions Options { get; }

    public string Name => Options.Name;

    /// <summary>The ptlrpc side: handlers and exports.</summary>
    public ServiceTarget Service { get; }

    public IDtDevice Device { get; }

    /// <summary>What the target remembers of its clients over a restart.</summary>
    public IClientSlots Slots { get; }

    /// <summary>Space promised to clients; null on an MGS.</summary>
    public GrantTable? Grants { get; }

    /// <summary>The highest transno given.</summary>
    public ulong LastTransno => 0;

    /// <summary>All transactions up to this are durable (<c>obd_last_committed</c>).</summary>
    public ulong LastCommitted => 0;

    /// <summary>Lets clients connect: its rows are complete.</summary>
    public Errno Start() => throw new NotSupportedException();

    /// <summary>
    /// A transaction of the device for a request. When it stops without an error it gets the next transno, which goes
    /// into <see cref="ServerRequest.ReplyTransno"/>; when it is durable the client's last_committed moves.
    /// </summary>
    /// <param name="request">What it is for; null for the target's own doing, which has no transno.</param>
    public DtTransaction Begin(ServerRequest? request) => throw new NotSupportedException();

    /// <summary>A transno for a request that changed nothing but has to be replayed, as an open
    /// (mdt_empty_transno).</summary>
    public Errno EmptyTransaction(ServerRequest request) => throw new NotSupportedException();

    /// <summary>Room as a client sees it: less what others have been granted (tgt_statfs).</summary>
    public Errno Statfs(Export? export, out ObdStatfs statfs) => throw new NotSupportedException();

    /// <summary>Commits all so far, with last_committed in the next reply.</summary>
    public ValueTask<Errno> SyncAsync(CancellationToken cancel = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
