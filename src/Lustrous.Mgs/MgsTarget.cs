using Lustrous.Idl.Mgs;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mgs;

/// <summary>
/// The management server: keeps the configuration logs of its file systems, registers targets, and tells clients of
/// changes by taking the locks back under which they read.
/// </summary>
/// <remarks>Source: lustre/mgs/mgs_handler.c, mgs_llog.c and mgs_nids.c.</remarks>
public sealed class MgsTarget : IAsyncDisposable
{
    /// <summary>What clients ask for.</summary>
    public const string Uuid = "MGS";

    public MgsTarget(PtlrpcNode node, ExportTable exports, MgsOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(exports);
        Options = options ?? new MgsOptions();
        Target = null!;
    }

    public MgsOptions Options { get; }

    public ServiceTarget Target { get; }

    /// <summary>Reads the logs there are, and takes clients from here on.</summary>
    public ValueTask<Errno> StartAsync(CancellationToken cancel) => new(Errno.ENOTSUPP);

    /// <summary>MGS_TARGET_REG, for a target of the same process.</summary>
    public ValueTask<Result<MgsTargetInfo>> RegisterAsync(MgsTargetInfo target, CancellationToken cancel) =>
        new(Errno.ENOTSUPP);

    /// <summary><c>lctl conf_param</c>: a parameter of one file system or target, in its logs.</summary>
    public ValueTask<Errno> ConfParamAsync(string parameter, CancellationToken cancel) => new(Errno.ENOTSUPP);

    /// <summary><c>lctl set_param -P</c>: a parameter of every node, in the log <c>params</c>.</summary>
    public ValueTask<Errno> SetParamAsync(string parameter, CancellationToken cancel) => new(Errno.ENOTSUPP);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
