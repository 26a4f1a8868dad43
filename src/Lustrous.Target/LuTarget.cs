using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Clients;
using Lustrous.Target.Grants;
using Lustrous.Target.Recovery;

namespace Lustrous.Target;

/// <summary>
/// One server target (<c>struct lu_target</c>): clients, their slots and grants, a device, and the numbers of its
/// transactions. Handlers are rows of <see cref="Service"/>; every change they make goes through <see cref="Begin"/>.
/// </summary>
public sealed partial class LuTarget : IAsyncDisposable
{
    readonly NodeContext _context;
    readonly IServiceTargetHooks? _hooks;
    readonly Errno _openError;

    /// <param name="context">The node's.</param>
    /// <param name="exports">The node's.</param>
    /// <param name="options">What it is.</param>
    /// <param name="device">Where it keeps its things; the owner disposes it after the target.</param>
    /// <param name="hooks">Told after the target itself of clients that come, and before it of those that go. Its
    /// <see cref="IServiceTargetHooks.KnownCookie"/> is not asked.</param>
    public LuTarget(
        NodeContext context, ExportTable exports, LuTargetOptions options, IDtDevice device,
        IServiceTargetHooks? hooks = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(device);
        _context = context;
        Options = options;
        Device = device;
        _hooks = hooks;
        if (options.IsReplayable)
        {
            Result<LastRcvd> slots = LastRcvd.Open(device, options);
            _openError = slots.Error;
            Slots = slots.Failed ? null : slots.Value;
        }
        if (options.Kind == TargetKind.Ost)
            Grants = new GrantTable(device, options.ReservedPercent);
        DtDeviceParameters parameters = device.Parameters;
        Service = new ServiceTarget(context, exports, new ServiceTargetOptions
        {
            Name = options.Name,
            Uuid = options.Uuid,
            Supported = options.Supported
                ?? TargetConnect.Supported(options.Kind, parameters.MaxBytes, (uint)parameters.MaxXattrSize),
            IsReplayable = options.IsReplayable,
            Instance = options.Instance != 0 ? options.Instance
                : Slots is { } known ? (uint)known.MountCount
                : (uint)context.Random.NextUInt64() | 1,
            PingEvictSeconds = options.PingEvictSeconds,
            FailClass = options.Kind switch
            {
                TargetKind.Mdt => ObdFail.MdsClass,
                TargetKind.Ost => ObdFail.OstClass,
                _ => ObdFail.MgsClass,
            },
        }, new ClientHooks(this));
        _lastTransno = Slots?.LastTransno ?? 0;
        _lastCommitted = _lastTransno;
    }

    public LuTargetOptions Options { get; }

    public string Name => Options.Name;

    /// <summary>The ptlrpc side: handlers and exports.</summary>
    public ServiceTarget Service { get; }

    public IDtDevice Device { get; }

    /// <summary>What the target remembers of its clients over a restart; null where it remembers nothing.</summary>
    public LastRcvd? Slots { get; }

    /// <summary>Of this life; null where there was nobody to wait for.</summary>
    public TargetRecovery? Recovery { get; private set; }

    /// <summary>There are clients of a former life to be waited for.</summary>
    public bool WillRecover => Slots is { Count: > 0 } && !Device.IsReadOnly;

    /// <summary>Called once when the recovery is over: what the former life left behind, and no client came back for,
    /// goes (<c>o_postrecov</c>).</summary>
    public Action? Recovered { get; set; }

    /// <summary>Space promised to clients; only an OST promises any.</summary>
    public GrantTable? Grants { get; }

    /// <summary>Lets clients connect: its rows are complete.</summary>
    /// <returns>EINVAL: the device is another target's, or what is known of the clients is broken; EEXIST.</returns>
    public Errno Start()
    {
        if (_openError != Errno.OK)
            return _openError;
        if (WillRecover)
        {
            Recovery = new TargetRecovery(this, _context, Slots!);
            Service.Recovery = Recovery;
            Service.IsRecovering = true;
        }
        else if (Slots is not null && BeginEpoch() is var error and not (Errno.OK or Errno.EROFS))
        {
            return error;
        }
        return Service.Exports.Add(Service);
    }

    /// <summary>Room as a client sees it: less what clients have dirty or are writing, which is theirs (ofd_statfs).
    /// </summary>
    public Errno Statfs(Export? export, out ObdStatfs statfs)
    {
        Errno error = Device.Statfs(out statfs);
        if (error != Errno.OK)
            return error;
        Grants?.AdjustStatfs(export?.Supports(ConnectFlags.MDS) == true, ref statfs);
        if (Device.IsReadOnly)
            statfs.State |= StatfsState.READONLY;
        return Errno.OK;
    }

    /// <summary>Commits all so far; the replies that follow say so in their last_committed.</summary>
    public ValueTask<Errno> SyncAsync(CancellationToken cancel = default) => Device.SyncAsync(cancel);

    /// <summary>Takes no more clients; those it has find it again after its next start.</summary>
    public async ValueTask DisposeAsync()
    {
        Task service = Service.DisposeAsync().AsTask();
        Recovery?.Dispose();
        await service;
    }

    /// <summary>New numbers from here on, and no more replays.</summary>
    internal void RecoveryEnded()
    {
        Errno error = BeginEpoch();
        if (error != Errno.OK)
            _context.Log.Error(Name, $"the end of the recovery cannot be noted: {error}");
        Service.IsRecovering = false;
    }

    internal void AfterRecovery() => Recovered?.Invoke();
}
