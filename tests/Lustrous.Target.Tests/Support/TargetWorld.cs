using System.Buffers.Binary;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;
using Lustrous.Simulation.Storage;
using Lustrous.Target.Services;

namespace Lustrous.Target.Tests.Support;

/// <summary>
/// A server with one target on a device in memory, and clients, on a simulated network. OST_SETATTR is a transaction
/// that
/// stops with the errno in <c>o_uid</c>.
/// </summary>
sealed class TargetWorld : IAsyncDisposable
{
    static readonly Fid s_journal = new(FidSeq.LOCAL_FILE, 900);

    public static PtlrpcOptions Timeouts { get; } = PtlrpcOptions.Default with { ObdTimeoutSeconds = 20 };

    readonly List<Import> _imports = [];
    readonly List<PtlrpcNode> _nodes = [];
    readonly List<SimNode> _clients = [];
    readonly Simulation.Simulation _sim;
    SimNode _server = null!;
    TargetServices _services = null!;
    IDtDevice _storage = null!;
    CrashDisk? _disk;

    TargetWorld(Simulation.Simulation sim) => _sim = sim;

    public LuTarget Target { get; private set; } = null!;

    public MemDevice Device { get; private set; } = null!;

    public CrashDisk Disk => _disk!;

    public TimeProvider Clock => _server.Context.Clock;

    /// <summary>Of the server's present life.</summary>
    public FailPoints Faults => _server.Context.FailPoints;

    /// <summary>Virtual time.</summary>
    public TimeSpan Now => _sim.Now;

    public static void Run(
        TargetKind kind, Func<TargetWorld, Task> body, TimeSpan commitDelay = default, ulong seed = 1) =>
        Simulation.Simulation.Run(seed, async sim =>
        {
            await using var world = new TargetWorld(sim);
            await world.StartAsync(kind, commitDelay);
            await body(world);
        });

    /// <summary>The same with a server that may crash: OST_SETATTR writes <c>o_size</c> into a journal.</summary>
    public static void RunWithCrashes(
        Func<TargetWorld, Task> body, TimeSpan commitDelay, ulong seed = 1, Action<LuTarget>? prepare = null) =>
        Simulation.Simulation.Run(seed, async sim =>
        {
            await using var world = new TargetWorld(sim) { Prepare = prepare };
            world._disk = new CrashDisk(sim.AddHost("disk"), new MemDeviceOptions { CommitDelay = commitDelay });
            await world.StartAsync(TargetKind.Ost, commitDelay);
            await body(world);
        });

    Action<LuTarget>? Prepare { get; init; }

    /// <summary>The server dies: of what was not committed, so many transactions had reached the disk.</summary>
    public void Crash(int kept)
    {
        _server.Crash(loud: false);
        _disk!.Crash(kept);
    }

    /// <summary>The server stops, with all it has on the disk.</summary>
    public async Task StopAsync()
    {
        await _server.RunAsync(async () =>
        {
            await Target.DisposeAsync();
            await _services.DisposeAsync();
            await _storage.DisposeAsync();
        });
        _server.Crash(loud: false);
    }

    /// <summary>The machine of a client dies.</summary>
    public void CrashClient(Import import)
    {
        int index = _imports.IndexOf(import);
        _clients[index].Crash(loud: false);
        _imports.RemoveAt(index);
        _clients.RemoveAt(index);
        _nodes.RemoveAt(index);
    }

    public async Task RestartAsync()
    {
        await _server.RestartAsync();
        await StartTargetAsync(TargetKind.Ost, default);
    }

    /// <summary>What is in the journal now.</summary>
    public List<ulong> Journal() => ReadJournal(_storage);

    static List<ulong> ReadJournal(IDtDevice device)
    {
        var found = new List<ulong>();
        byte[] key = new byte[8];
        int length = 0;
        bool after = false;
        while (device.Locate(s_journal).IndexNext(
            key.AsSpan(0, length), after, key, out length, new byte[8], out _) == Errno.OK)
        {
            found.Add(BinaryPrimitives.ReadUInt64BigEndian(key));
            after = true;
        }
        return found;
    }

    public static async Task<(Errno Status, ulong Transno)> WriteAsync(Import import, ulong value)
    {
        using PtlrpcRequest request = import.NewRequest(RequestFormats.OstSetattr);
        request.Set(Rmf.OstBody, new OstBody { Attributes = new Obdo { Size = value } });
        Errno status = await request.SendAsync(default);
        return (status, request.Transno);
    }

    /// <summary>A client node with an import of the target.</summary>
    public async Task<Import> NewClientAsync(ObdConnectData asked, string uuid)
    {
        SimNode node = await _sim.AddNodeAsync();
        Import import = null!;
        await node.RunAsync(() =>
        {
            var rpc = new PtlrpcNode(node.LNet, Timeouts);
            _nodes.Add(rpc);
            bool isOst = Target.Options.Kind == TargetKind.Ost;
            import = new Import(rpc, new ImportOptions
            {
                DeviceName = uuid,
                TargetUuid = Target.Options.Uuid,
                ClientUuid = uuid,
                Peers = [_server.Id],
                ConnectOpcode = isOst ? (uint)OstOpcode.Connect : (uint)MdsOpcode.Connect,
                RequestPortal = isOst ? Portals.OST_REQUEST_PORTAL : Portals.MDS_REQUEST_PORTAL,
                ReplyPortal = isOst ? Portals.OSC_REPLY_PORTAL : Portals.MDC_REPLY_PORTAL,
                ConnectData = asked,
            });
            _imports.Add(import);
            _clients.Add(node);
            return Task.CompletedTask;
        });
        return import;
    }

    public async Task<Import> ConnectAsync(ObdConnectData asked, string uuid = "client-1")
    {
        Import import = await NewClientAsync(asked, uuid);
        Lassert.That(await import.ConnectAsync(default) == Errno.OK);
        return import;
    }

    /// <summary>What a kernel client asks for, more or less.</summary>
    public static ObdConnectData Asked => new()
    {
        ConnectFlags = (ConnectFlags)ulong.MaxValue
            & ~(ConnectFlags.RDONLY | ConnectFlags.MDS | ConnectFlags.SKIP_ORPHAN | ConnectFlags.INDEX
                | ConnectFlags.LIGHTWEIGHT | ConnectFlags.MDS_MDS | ConnectFlags.PINGLESS),
        ConnectFlags2 = (ConnectFlags2)ulong.MaxValue,
        BrwSize = 64 << 20,
        Grant = 2 << 20,
        InodeBitsKnown = InodeBitsMasks.FULL,
        ChecksumTypes = ChecksumTypes.ADLER | ChecksumTypes.CRC32C | ChecksumTypes.T10IP512,
        MaxModifyRpcs = 200,
    };

    public static async Task<(Errno Status, ulong Transno)> ChangeAsync(Import import, Errno result = Errno.OK)
    {
        using PtlrpcRequest request = import.NewRequest(RequestFormats.OstSetattr);
        request.Set(Rmf.OstBody, new OstBody { Attributes = new Obdo { Uid = (uint)result } });
        Errno status = await request.SendAsync(default);
        return (status, request.Transno);
    }

    async Task StartAsync(TargetKind kind, TimeSpan commitDelay)
    {
        _server = await _sim.AddNodeAsync();
        await StartTargetAsync(kind, commitDelay);
    }

    Task StartTargetAsync(TargetKind kind, TimeSpan commitDelay) => _server.RunAsync(() =>
    {
        var exports = new ExportTable(_server.Context);
        if (_disk is not null)
        {
            _storage = _disk.Open(_server.Context);
            MakeJournal();
        }
        else
        {
            _storage = Device = new MemDevice(_server.Context, new MemDeviceOptions
            {
                CapacityBytes = 256 << 20,
                CommitDelay = commitDelay,
            });
        }
        Target = new LuTarget(_server.Context, exports, new LuTargetOptions
        {
            Kind = kind,
            Name = kind == TargetKind.Ost ? "test-OST0003" : "test-MDT0000",
            Index = kind == TargetKind.Ost ? 3U : 0,
            IsReplayable = true,
            Timeouts = Timeouts,
        }, _storage);
        Prepare?.Invoke(Target);
        CommonHandlers.AddStatfs(Target);
        if (kind == TargetKind.Ost)
        {
            Target.Service.Handle(OstOpcode.Setattr, new OpcodeHandler(
                RequestFormats.OstSetattr, LustreMsgVersion.OST_VERSION, HandlerFlags.HasReply, Change));
        }
        Lassert.That(Target.Start() == Errno.OK);
        _services = new TargetServices(
            kind == TargetKind.Ost ? ServerRoles.Oss : ServerRoles.Mds,
            options => new Service(_server.LNet, options, TargetHandler.Instance, exports), Timeouts);
        Lassert.That(_services.Start() == Errno.OK);
        return Task.CompletedTask;
    });

    void MakeJournal()
    {
        if (_storage.Locate(s_journal).Exists)
            return;
        DtTransaction transaction = _storage.Begin();
        Lassert.That(transaction.Start() == Errno.OK);
        var attributes = new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular };
        _storage.Locate(s_journal).Create(transaction, attributes, DtObjectFormat.Index(8, 8));
        transaction.Stop();
        _storage.CommitSoon();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Import import in _imports)
            await import.DisposeAsync();
        if (_server.IsUp)
        {
            await _server.RunAsync(async () =>
            {
                await _services.DisposeAsync();
                await Target.DisposeAsync();
                await _storage.DisposeAsync();
            });
        }
        if (_disk is not null)
            await _disk.DisposeAsync();
        foreach (PtlrpcNode node in _nodes)
            node.Dispose();
    }

    ValueTask<Errno> Change(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.OstBody, MessageSide.Request, out OstBody body))
            return new(Errno.EPROTO);
        DtTransaction transaction = Target.Begin(request);
        Errno error = transaction.DeclareInsert(8, 8);
        if (error == Errno.OK)
            error = transaction.Start();
        if (error == Errno.OK)
            error = (Errno)body.Attributes.Uid;
        if (error == Errno.OK && _disk is not null)
        {
            Span<byte> key = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(key, body.Attributes.Size);
            error = _storage.Locate(s_journal).IndexInsert(transaction, key, key);
        }
        transaction.Stop(error);
        return new(error);
    }
}
