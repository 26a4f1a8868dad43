using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target.Services;

/// <summary>
/// The ptlrpc services of one server node: which portals an MGS, MDS or OSS listens on, with Lustre's sizes of
/// requests.
/// Any service serves any target of the node: the export of a request says which.
/// </summary>
/// <remarks>Source: lustre/mdt/mdt_mds.c, lustre/ofd/ofd_oss.c, lustre/mgs/mgs_handler.c, lustre/ldlm/ldlm_lockd.c;
/// sizes in lustre/include/lustre_net.h.</remarks>
public sealed class TargetServices : IAsyncDisposable
{
    // MDS_REG_MAXREQSIZE: a setxattr of 64 KiB; OST_IO_MAXREQSIZE: a niobuf for each page of 64 MiB, and short I/O;
    // OUT_MAXREQSIZE: all updates of a striped create.
    const int MdsRegularSize = 65 << 10;
    const int MdsSize = 5 << 10;
    const int OstSize = 16 << 10;
    const int OstIoSize = 258 << 10;
    const int MgsSize = 7 << 10;
    const int OutSize = 1000 << 10;

    readonly List<Service> _services = [];

    /// <param name="roles">What it serves; portals that several need have one service.</param>
    /// <param name="create">Makes one, with <see cref="TargetHandler.Instance"/> and the node's exports.</param>
    /// <param name="timeouts">Of requests and bulk.</param>
    public TargetServices(ServerRoles roles, Func<ServiceOptions, Service> create, PtlrpcOptions? timeouts = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        foreach (ServiceOptions options in OptionsOf(roles, timeouts))
            _services.Add(create(options));
    }

    /// <summary>One a portal.</summary>
    public IReadOnlyList<Service> Services => _services;

    /// <summary>Listens. The error of the first service that cannot.</summary>
    public Errno Start()
    {
        foreach (Service service in _services)
        {
            if (service.Start() is var error and not Errno.OK)
                return error;
        }
        return Errno.OK;
    }

    /// <summary>What the services of such a node are, one a portal.</summary>
    public static IReadOnlyList<ServiceOptions> OptionsOf(ServerRoles roles, PtlrpcOptions? timeouts = null)
    {
        PtlrpcOptions t = timeouts ?? PtlrpcOptions.Default;
        var all = new List<ServiceOptions>();
        if (roles != ServerRoles.None)
            all.Add(LdlmServices.Cancel(t));
        if ((roles & ServerRoles.Mgs) != 0)
            all.Add(Options("mgs", Portals.MGS_REQUEST_PORTAL, Portals.MGC_REPLY_PORTAL, MgsSize, t));
        if ((roles & ServerRoles.Mds) != 0)
            AddMds(all, t);
        if ((roles & ServerRoles.Oss) != 0)
            AddOss(all, t);
        return all;
    }

    /// <summary>Stops listening and ends what is being handled.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Service service in _services)
            await service.DisposeAsync();
    }

    static void AddMds(List<ServiceOptions> all, PtlrpcOptions t)
    {
        const uint reply = Portals.MDC_REPLY_PORTAL;
        all.Add(Options("mdt", Portals.MDS_REQUEST_PORTAL, reply, MdsRegularSize, t));
        all.Add(Options("mdt_readpage", Portals.MDS_READPAGE_PORTAL, reply, MdsSize, t));
        all.Add(Options("mdt_out", Portals.OUT_PORTAL, Portals.OSC_REPLY_PORTAL, OutSize, t));
        all.Add(Options("mdt_seqs", Portals.SEQ_CONTROLLER_PORTAL, reply, MdsSize, t));
        all.Add(Options("mdt_seqm", Portals.SEQ_METADATA_PORTAL, reply, MdsSize, t));
        all.Add(Options("mdt_fld", Portals.FLD_REQUEST_PORTAL, reply, MdsSize, t));
        all.Add(Options("mdt_io", Portals.MDS_IO_PORTAL, reply, OstIoSize, t));
    }

    static void AddOss(List<ServiceOptions> all, PtlrpcOptions t)
    {
        const uint reply = Portals.OSC_REPLY_PORTAL;
        all.Add(Options("ost", Portals.OST_REQUEST_PORTAL, reply, OstSize, t));
        all.Add(Options("ost_create", Portals.OST_CREATE_PORTAL, reply, OstSize, t));
        // Half of a lock's time: a transfer that is lost, of data that a lock waits for, is tried again within it.
        all.Add(Options("ost_io", Portals.OST_IO_PORTAL, reply, OstIoSize, t) with { BulkTimeoutSeconds = 50 });
        all.Add(Options("ost_seq", Portals.SEQ_DATA_PORTAL, reply, OstSize, t));
        if (!all.Exists(static options => options.RequestPortal == Portals.OUT_PORTAL))
            all.Add(Options("ost_out", Portals.OUT_PORTAL, reply, OutSize, t));
    }

    static ServiceOptions Options(string name, uint portal, uint replyPortal, int maxRequest, PtlrpcOptions timeouts) =>
        new()
        {
            Name = name,
            RequestPortal = portal,
            ReplyPortal = replyPortal,
            MaxRequestSize = maxRequest,
            // Room for a few of the largest; small requests share a buffer by the hundred.
            BufferSize = maxRequest > 256 << 10 ? 1 << 20 : 256 << 10,
            BufferCount = maxRequest > 512 << 10 ? 2 : 4,
            HasHighPriorityQueue = true,
            Timeouts = timeouts,
        };
}
