using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Simulation.Tests.Ptlrpc;

/// <summary>
/// A target and its service, over all their lives. It knows from the model what each call should be, and tells
/// the model what
/// it does.
/// </summary>
#pragma warning disable CA1001 // StopAsync gives all back; what a crash takes is gone
sealed class ChaosServer(Simulation sim, SimNode node, ChaosLedger ledger, ChaosPlan plan)
#pragma warning restore CA1001
{
    public const string Uuid = "chaos-OST0000_UUID";
    public const uint RequestPortal = (uint)Portals.OST_REQUEST_PORTAL;
    public const uint ReplyPortal = (uint)Portals.OSC_REPLY_PORTAL;
    public const uint BulkPortal = (uint)Portals.OST_BULK_PORTAL;

    int _life;
    int _salt;
    ulong _transno;
    ExportTable _exports = null!;
    ServiceTarget _target = null!;
    Service _service = null!;

    public SimNode Node => node;

    public int ExportCount => _target.ExportCount;

    /// <summary>A target that remembers nothing, and its service.</summary>
    public Task StartAsync() => node.RunAsync(() =>
    {
        _life++;
        // A target that has lost everything would begin anew; its clients must not take that for having committed.
        _transno = (ulong)_life << 32;
        _exports = new ExportTable(node.Context);
        _target = new ServiceTarget(node.Context, _exports, new ServiceTargetOptions
        {
            Name = "chaos-OST0000",
            Uuid = Uuid,
            IsReplayable = true,
            Instance = (uint)_life,
            PingEvictSeconds = plan.EvictSeconds,
            Supported = ChaosPlan.ConnectData,
        });
        Handle(OstOpcode.Getattr, HandlerFlags.None, EchoAsync);
        Handle(OstOpcode.Setattr, HandlerFlags.RememberReply, EchoAsync);
        Handle(OstOpcode.Write, HandlerFlags.None, WriteAsync);
        Handle(OstOpcode.Read, HandlerFlags.None, ReadAsync);
        Lassert.That(_exports.Add(_target) == Errno.OK);
        StartService();
        return Task.CompletedTask;

        void Handle(OstOpcode opcode, HandlerFlags flags, RequestHandler act) => _target.Handle(
            opcode, new OpcodeHandler(RequestFormats.OstGetattr, LustreMsgVersion.OST_VERSION, flags, act));
    });

    /// <summary>Down at once; comes back without memory after <paramref name="pause"/>.</summary>
    public async Task CrashAsync(TimeSpan pause)
    {
        node.Crash(loud: sim.Random.Next(2) == 0);
        await sim.Delay(pause);
        await node.RestartAsync();
        await StartAsync();
    }

    /// <summary>
    /// The service stops in order, and another takes its place; the target keeps its clients and replies.
    /// </summary>
    public async Task StopAndResumeAsync(TimeSpan pause)
    {
        await node.RunAsync(() => _service.DisposeAsync().AsTask());
        await sim.Delay(pause);
        await node.RunAsync(() =>
        {
            StartService();
            return Task.CompletedTask;
        });
    }

    public Task StopAsync() => node.RunAsync(async () =>
    {
        await _service.DisposeAsync();
        await _target.DisposeAsync();
    });

    void StartService()
    {
        _service = new Service(node.LNet, new ServiceOptions
        {
            Name = "chaos",
            RequestPortal = RequestPortal,
            ReplyPortal = ReplyPortal,
            MaxRequestSize = 4 << 10,
            BufferSize = 16 << 10,
            BufferCount = 2,
            MaxActive = 3 + sim.Random.Next(30),
            HasHighPriorityQueue = true,
            Timeouts = ChaosPlan.Timeouts,
        }, TargetHandler.Instance, _exports);
        Lassert.That(_service.Start() == Errno.OK);
    }

    async ValueTask<Errno> EchoAsync(ServerRequest request, CancellationToken cancel)
    {
        if (!TryUnpack(request, out ChaosCall call, out OstBody body))
            return Errno.EPROTO;
        await WorkAsync(cancel);
        if (sim.Random.Next(20) == 0)
            return Errno.EINPROGRESS;
        if (call.Kind == CallKind.Refused)
            return Errno.ENOENT;
        if (call.Kind == CallKind.Count)
        {
            int times = call.Execute(_life);
            ledger.Require(times == 1, $"call {call.Id} was executed {times} times");
            if (plan.HasTransactions)
                Commit(request);
        }
        // What a handler does after its deed must not undo it.
        if (sim.Random.Next(4) == 0)
            await WorkAsync(CancellationToken.None);
        return Reply(request, body, salt: 0);
    }

    async ValueTask<Errno> WriteAsync(ServerRequest request, CancellationToken cancel)
    {
        if (!TryUnpack(request, out ChaosCall call, out OstBody body))
            return Errno.EPROTO;
        await WorkAsync(cancel);
        using PooledBuffer memory = node.Context.Buffers.Take(call.Length);
        memory.Span.Clear();
        Errno status = await TransferAsync(request, BulkType.GetSink, memory.Slice(0, call.Length), call);
        if (status != Errno.OK)
            return status;
        ledger.Require(
            memory.Span[..call.Length].SequenceEqual(call.Bytes(0)),
            $"write {call.Id} brought other bytes to the server");
        return Reply(request, body, salt: 0);
    }

    async ValueTask<Errno> ReadAsync(ServerRequest request, CancellationToken cancel)
    {
        if (!TryUnpack(request, out ChaosCall call, out OstBody body))
            return Errno.EPROTO;
        await WorkAsync(cancel);
        using PooledBuffer memory = node.Context.Buffers.Take(call.Length);
        int salt = ++_salt;
        call.Bytes(salt).CopyTo(memory.Span);
        Errno status = await TransferAsync(request, BulkType.PutSource, memory.Slice(0, call.Length), call);
        memory.Span.Fill(0xdb);     // whatever still sends from it shows
        return status != Errno.OK ? status : Reply(request, body, salt);
    }

    static async ValueTask<Errno> TransferAsync(ServerRequest request, BulkType type, IoVec memory, ChaosCall call)
    {
        using ServerBulk bulk = request.NewBulk(type, BulkPortal);
        Errno status = bulk.Memory.Add(memory, call.PageOffset);
        if (status == Errno.OK)
            status = await bulk.RunAsync();
        // A transfer that failed is not answered: the client resends the whole (tgt_brw_write).
        if (status is Errno.ETIMEDOUT or Errno.ENOTCONN or Errno.ESHUTDOWN)
            request.NoReply = true;
        return status;
    }

    /// <summary>
    /// Most calls take no time, some a little, a few longer than the client would wait without early replies.
    /// </summary>
    Task WorkAsync(CancellationToken cancel)
    {
        int kind = sim.Random.Next(100);
        if (kind < 60)
            return Task.CompletedTask;
        TimeSpan most = kind < 90 ? TimeSpan.FromMilliseconds(5)
            : kind < 98 ? TimeSpan.FromSeconds(2) : TimeSpan.FromSeconds(plan.SlowSeconds);
        return Task.Delay(most * sim.Random.NextDouble(), node.Context.Clock, cancel);
    }

    bool TryUnpack(ServerRequest request, out ChaosCall call, out OstBody body)
    {
        call = null!;
        if (!ledger.Require(
            request.Capsule.TryGet(Rmf.OstBody, MessageSide.Request, out body), $"{request} has no body"))
            return false;
        call = ledger.Find(body.Attributes.Size)!;
        return ledger.Require(
            call is not null && body.Attributes.Blocks == call.Mark && request.Export?.ClientUuid == call.Client,
            $"{request} is nobody's: {body.Attributes.Size}");
    }

    static Errno Reply(ServerRequest request, OstBody body, int salt)
    {
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        body.Attributes.DataVersion = request.Xid;
        body.Attributes.Ioepoch = (ulong)salt;
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, body);
        return Errno.OK;
    }

    void Commit(ServerRequest request)
    {
        ulong transno = request.ReplyTransno = ++_transno;
        Export export = request.Export!;
        _ = CommitLaterAsync();

        async Task CommitLaterAsync()
        {
            await node.Host.Delay(TimeSpan.FromSeconds(sim.Random.Next(8)));
            export.LastCommitted = transno;
        }
    }
}
