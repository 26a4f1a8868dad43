using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Parameters;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Osc;

/// <summary>The client of one OST (<c>osc</c>): its import, its lock namespace, its grant, and the objects cached of
/// it.</summary>
public sealed partial class OscDevice : IImportOwner, IAsyncDisposable
{
    public OscDevice(PtlrpcNode node, OscOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        Node = node;
        Options = options;
        Import = null!;
    }

    public PtlrpcNode Node { get; }

    public OscOptions Options { get; }

    public Import Import { get; }

    /// <summary>Starts to connect.</summary>
    public Errno Connect() => Import.Connect();

    /// <summary>Room on the OST, asked again when older than <paramref name="maxAge"/>.</summary>
    public ValueTask<Result<ObdStatfs>> StatfsAsync(TimeSpan maxAge, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Writes all that is dirty.</summary>
    public ValueTask<Errno> FlushAllAsync(CancellationToken cancel) => new(Errno.ENOSYS);

    /// <summary>The tunables and counters, below <c>osc.NAME</c>.</summary>
    public void AddParameters(ParameterTree tree)
    {
    }

    void IImportOwner.OnImportEvent(Import import, ImportEvent what)
    {
    }

    ValueTask IImportOwner.InvalidateAsync(Import import) => ValueTask.CompletedTask;

    /// <summary>Writes what is dirty as far as that works without waiting for a lost server, gives the locks back,
    /// disconnects.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
