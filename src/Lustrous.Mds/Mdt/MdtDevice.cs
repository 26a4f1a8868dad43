using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Mds.Lod;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;
using Lustrous.Target.Fids;
using Lustrous.Target.Fld;

namespace Lustrous.Mds.Mdt;

/// <summary>
/// A metadata target (<c>struct mdt_device</c>): its handlers, the locks it takes and gives, and the files that its
/// clients have open.
/// </summary>
/// <remarks>Source: lustre/mdt.</remarks>
public sealed partial class MdtDevice : ITargetDevice, IMddTransactions
{
    readonly MddDevice _mdd;
    readonly LuTarget _target;
    readonly ServerNamespace _locks;
    readonly ILod? _lod;

    /// <param name="node">The server's own: callbacks to clients go through it.</param>
    /// <param name="exports">Of the node: what its services find targets by.</param>
    /// <param name="options">What the target is.</param>
    /// <param name="storage">Formatted by <see cref="MddDevice.Format"/>.</param>
    /// <param name="lod">Makes layouts and destroys objects; null where there are no OSTs at all.</param>
    public MdtDevice(
        PtlrpcNode node, ExportTable exports, MdtOptions options, IDtDevice storage, ILod? lod)
    {
        ArgumentNullException.ThrowIfNull(node);
        NodeContext context = node.Context;
        ArgumentNullException.ThrowIfNull(exports);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(storage);
        Options = options;
        Context = context;
        Storage = storage;
        _target = new LuTarget(context, exports, new LuTargetOptions
        {
            Kind = TargetKind.Mdt,
            Name = options.Name,
            Index = options.Index,
            IsReplayable = options.IsReplayable,
            Timeouts = node.Options,
        }, storage, this);
        _target.Recovered = Recovered;
        if (_target.WillRecover)
            lod?.Recovering();
        _lod = lod;
        Target.CreateReverseImport = ReverseImport.Factory(node);
        _mdd = new MddDevice(context, storage, this, lod);
        _locks = new ServerNamespace(context, new ServerNamespaceOptions
        {
            Name = $"mdt-{options.Name}_UUID",
            LockTimeoutSeconds = options.LockTimeoutSeconds,
            TakesFileLocks = true,
        }, new MdtLayoutLvb(this))
        {
            IntentPolicy = ExecuteIntentAsync,
        };
        Fld = new FldServer(storage);
        if (options.Index == 0)
            Fld.InsertSpecial();
        SequenceController = options.Index == 0
            ? SeqServer.CreateController(new SeqServerOptions
            {
                Name = $"ctl-{options.Name}",
                Index = options.Index,
                Store = new SequenceStore(storage, DtLocalFid.SeqController),
            }, Fld)
            : null;
        Sequences = SeqServer.Create(new SeqServerOptions
        {
            Name = $"srv-{options.Name}",
            Index = options.Index,
            Store = new SequenceStore(storage, DtLocalFid.SeqServer),
        }, SequenceController);
        AddHandlers();
    }

    public MdtOptions Options { get; }

    public string Name => Options.Name;

    public ServiceTarget Target => _target.Service;

    /// <summary>The target's side of it: exports, transactions, statfs.</summary>
    public LuTarget LuTarget => _target;

    /// <summary>Its locks.</summary>
    public ServerNamespace Locks => _locks;

    /// <summary>Its name space.</summary>
    public MddDevice Mdd => _mdd;

    /// <summary>Gives sequences to clients.</summary>
    public SeqServer Sequences { get; }

    /// <summary>Gives super-sequences to targets; MDT0000 only.</summary>
    public SeqServer? SequenceController { get; }

    /// <summary>Knows who has which sequences.</summary>
    public FldServer Fld { get; }

    public NodeContext Context { get; }

    public IDtDevice Storage { get; }

    /// <summary>Carries out what concerns an MDT itself; OSTs are the LOD's.</summary>
    public ValueTask<Errno> ProcessConfigAsync(ConfigCommand command, CancellationToken cancel) => new(Errno.OK);

    /// <summary>Takes clients. What the last life left open ends when those who had it open have come back, or have
    /// not.</summary>
    public ValueTask<Errno> StartAsync(CancellationToken cancel)
    {
        if (!_target.WillRecover)
            DestroyOrphans();
        return new(_target.Start());
    }

    void Recovered()
    {
        _locks.RecoveryDone();
        DestroyOrphans();
        _lod?.Recovered();
    }

    void DestroyOrphans()
    {
        int orphans = _mdd.DestroyOrphans();
        if (orphans > 0)
            Context.Log.Info(Name, $"{orphans} files that were open and unlinked are destroyed");
    }

    public async ValueTask DisposeAsync()
    {
        await _target.DisposeAsync();
        await _locks.DisposeAsync();
    }

    DtTransaction IMddTransactions.Begin(object? owner) => _target.Begin((ServerRequest?)owner);

    bool IMddTransactions.IsRecovering => Target.IsRecovering;

    void AddHandlers()
    {
        const HandlerFlags modifies = HandlerFlags.IsMutable | HandlerFlags.RememberReply;
        Row(MdsOpcode.GetRoot, HandlerFlags.None, GetRoot);
        Row(MdsOpcode.Getattr, HandlerFlags.None, Getattr);
        Row(MdsOpcode.GetattrName, HandlerFlags.None, GetattrName);
        Row(MdsOpcode.Getxattr, HandlerFlags.None, Getxattr);
        Row(MdsOpcode.Sync, HandlerFlags.None, SyncAsync);
        Row(MdsOpcode.Readpage, HandlerFlags.None, ReadpageAsync);
        Row(MdsOpcode.Close, HandlerFlags.RememberReply, Close);
        Row(MdsOpcode.Reint, modifies, ReintAsync);
        Row(MdsOpcode.GetInfo, HandlerFlags.None, GetInfo);
        Row(MdsOpcode.HsmStateGet, HandlerFlags.None, HsmStateGet);
        Row(MdsOpcode.HsmStateSet, modifies, HsmStateSetAsync);
        Row(MdsOpcode.Batch, HandlerFlags.None, BatchAsync);
        Row(MdsOpcode.Quotactl, HandlerFlags.None, request => QuotaRefusal.Answer(
            request, RequestFormats.MdsQuotactl));
        CommonHandlers.AddStatfs(_target);
        _locks.Register(Target);
        SeqServer.AddHandlers(Target, Sequences, SequenceController);
        Fld.AddHandlers(Target);
    }

    // Which of several formats a request has is told by what stands in it, so each handler sets it.
    void Row(MdsOpcode opcode, HandlerFlags flags, RequestHandler handler) =>
        Target.Handle(opcode, new OpcodeHandler(null, LustreMsgVersion.MDS_VERSION, flags, handler));

    void Row(MdsOpcode opcode, HandlerFlags flags, Func<ServerRequest, Errno> handler) =>
        Row(opcode, flags, (request, _) => new ValueTask<Errno>(handler(request)));
}
