using System.Text;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Client;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Mgc;

/// <summary>
/// The client of the MGS: fetches configuration logs, follows them under locks, registers targets (<c>mgc</c>).
/// </summary>
/// <remarks>Source: lustre/mgc/mgc_request.c and mgc_request_server.c.</remarks>
public sealed partial class Mgc : IImportOwner, IAsyncDisposable
{
    /// <summary>What is asked of an MGS.</summary>
    public const ConnectFlags AskedFlags =
        ConnectFlags.VERSION | ConnectFlags.AT | ConnectFlags.FULL20 | ConnectFlags.IMP_RECOV | ConnectFlags.LVB_TYPE
        | ConnectFlags.BULK_MBITS | ConnectFlags.FLAGS2 | ConnectFlags.MGS_NIDLIST;

    public const ConnectFlags2 AskedFlags2 = ConnectFlags2.REP_MBITS | ConnectFlags2.LARGE_NID;

    /// <summary>The log of parameters that are set everywhere.</summary>
    public const string ParamsLog = "params";

    const string MgsUuid = "MGS";

    readonly PtlrpcNode _node;
    readonly RankedLock _lock = new(9, "mgc_lock");
    readonly List<FollowedLog> _logs = [];      // guarded by _lock
    readonly CancellationTokenSource _stopping = new();
    readonly Callbacks _callbacks;

    public Mgc(LdlmNode ldlm, MgcOptions options)
    {
        ArgumentNullException.ThrowIfNull(ldlm);
        ArgumentNullException.ThrowIfNull(options);
        _node = ldlm.Ptlrpc;
        _callbacks = new Callbacks(this);
        Options = options;
        Import = new Import(_node, new ImportOptions
        {
            DeviceName = options.DeviceName,
            TargetUuid = MgsUuid,
            ClientUuid = options.ClientUuid,
            Peers = options.Peers,
            ConnectOpcode = (uint)MgsOpcode.Connect,
            RequestPortal = Portals.MGS_REQUEST_PORTAL,
            ReplyPortal = Portals.MGC_REPLY_PORTAL,
            LocalHandle = _node.Context.Random.NextUInt64(),
            ConnectData = new ObdConnectData { ConnectFlags = AskedFlags, ConnectFlags2 = AskedFlags2 },
            Owner = this,
        });
        Namespace = new ClientNamespace(ldlm, Import, new ClientNamespaceOptions { Name = options.DeviceName });
    }

    public MgcOptions Options { get; }

    public Import Import { get; }

    public ClientNamespace Namespace { get; }

    /// <summary>Waits until the MGS answers, which may be starting; a bounded time.</summary>
    /// <returns>ETIMEDOUT, EHOSTUNREACH … where it does not; it is tried again for later calls.</returns>
    public ValueTask<Errno> ConnectAsync(CancellationToken cancel)
    {
        Errno error = Import.Connect();
        return error is Errno.OK or Errno.EALREADY ? WaitConnectedAsync(cancel) : new(error);
    }

    /// <summary>
    /// Reads a log (<c>lustre-client</c>, <c>lustre-MDT0000</c>, <c>params</c>), shows its commands, and goes on
    /// following it: new commands are shown as they come.
    /// </summary>
    /// <param name="logName">Which; several owners may follow the same.</param>
    /// <param name="owner">Whom to show the commands.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="mayBeMissing">A log that is not there is followed all the same, and OK; so is
    /// <c>params</c>.</param>
    /// <param name="copies">Keeps a copy, which is shown while the MGS does not answer.</param>
    /// <returns>ENOENT when the MGS has no such log; then it is not followed.</returns>
    public async ValueTask<Errno> FollowAsync(
        string logName, IConfigLogOwner owner, CancellationToken cancel, bool mayBeMissing = false,
        IConfigCopies? copies = null)
    {
        ArgumentNullException.ThrowIfNull(logName);
        ArgumentNullException.ThrowIfNull(owner);
        MgsConfigType type = logName == ParamsLog ? MgsConfigType.Params : MgsConfigType.Config;
        mayBeMissing |= type == MgsConfigType.Params;
        var log = new FollowedLog(logName, type, owner, null)
        {
            MayBeMissing = mayBeMissing,
            Copies = copies,
        };
        Errno error = await BeginAsync(log, cancel);
        return error == Errno.ENOENT && mayBeMissing ? Errno.OK : error;
    }

    /// <summary>Follows <c>FSNAME-cliir</c>, the table of imperative recovery; OK and nothing where the MGS has
    /// none.</summary>
    /// <param name="fsName">Which.</param>
    /// <param name="owner">Whom to tell.</param>
    /// <param name="forMdt">An MDT reads <c>FSNAME-mdtir</c>.</param>
    /// <param name="cancel">Ends the wait.</param>
    public ValueTask<Errno> FollowRecoverAsync(
        string fsName, IRecoverOwner owner, bool forMdt, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (!Import.Supports(ConnectFlags.IMP_RECOV))
            return new(Errno.OK);
        string name = fsName + (forMdt ? "-mdtir" : "-cliir");
        return BeginAsync(new FollowedLog(name, MgsConfigType.Recover, null, owner), cancel);
    }

    /// <summary>No more news of a log for one of those who follow it.</summary>
    public ValueTask UnfollowAsync(string logName, object owner)
    {
        ClientLock? held = null;
        using (_lock.Enter())
        {
            int at = _logs.FindIndex(log => log.Name == logName && log.IsOf(owner));
            if (at < 0)
                return ValueTask.CompletedTask;
            _logs[at].IsStopped = true;
            held = _logs[at].Lock;
            _logs.RemoveAt(at);
        }
        if (held is null)
            return ValueTask.CompletedTask;
        // Nobody waits until the MGS has heard of it: it may be gone, and an umount must end.
        ValueTask cancelling = Namespace.CancelAsync(held);
        if (!cancelling.IsCompletedSuccessfully)
            _ = cancelling.AsTask();
        return ValueTask.CompletedTask;
    }

    /// <summary>Sets a parameter for good (MGS_SET_INFO), of the few that an MGS takes from afar.</summary>
    public async ValueTask<Errno> SetParameterAsync(string parameter, CancellationToken cancel)
    {
        if (!Idl.Wire.Text1024.TryFrom(parameter, out Idl.Wire.Text1024 text))
            return Errno.E2BIG;
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.MgsSetInfo);
        request.Set(Rmf.MgsSendParam, new MgsSendParam { Param = text });
        return await request.SendAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        using (_lock.Enter())
        {
            foreach (FollowedLog log in _logs)
                log.IsStopped = true;
            _logs.Clear();
        }
        await ClientShutdown.CloseAsync(Namespace, Import);
    }

    void IImportOwner.OnImportEvent(Import import, ImportEvent what) => Options.ImportChanged?.Invoke(what);

    ValueTask IImportOwner.InvalidateAsync(Import import) => ValueTask.CompletedTask;

    /// <summary>What is locked to read a log: the file system, and which kind of log (mgc_name2resid).</summary>
    static LdlmResId ResourceOf(FollowedLog log)
    {
        int dash = log.Name.LastIndexOf('-');
        ReadOnlySpan<char> name = dash < 0 ? log.Name : log.Name.AsSpan(0, dash);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        Encoding.ASCII.GetBytes(name[..Math.Min(name.Length, bytes.Length)], bytes);
        return new LdlmResId(BitConverter.ToUInt64(bytes), (ulong)log.Type);
    }

    void Log(LogLevel level, string message) => _node.Context.Log.Write(new(level, Options.DeviceName, message));
}
