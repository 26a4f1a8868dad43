using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Simulation.Tests.Ptlrpc;

/// <summary>One life of a client: an import, and callers that check every answer against the model.</summary>
#pragma warning disable CA1001 // StopAsync gives all back; what a crash takes is gone
sealed class ChaosClient(
    Simulation sim, SimNode node, ChaosServer server, ChaosLedger ledger, ChaosPlan plan, string uuid)
    : IImportOwner
#pragma warning restore CA1001
{
    readonly SimHost _host = node.Host;
    readonly List<Task> _callers = [];
    readonly List<ChaosCall> _calls = [];
    PtlrpcNode _rpc = null!;

    public SimNode Node => node;

    public string Uuid => uuid;

    public Import Import { get; private set; } = null!;

    public int RequestCount => _rpc.RequestCount;

    public int Evictions { get; private set; }

    /// <summary>Longest virtual time that one call took.</summary>
    public TimeSpan LongestCall { get; private set; }

    /// <summary>Calls that have ended well.</summary>
    public int Succeeded { get; private set; }

    bool IsAlive => _host.IsAlive;

    /// <summary>Connects and calls; ends when every caller has ended, or the machine went down.</summary>
    public Task StartAsync()
    {
        _host.Call(() =>
        {
            _rpc = new PtlrpcNode(node.LNet, ChaosPlan.Timeouts);
            Import = new Import(_rpc, Options());
            Lassert.That(Import.Connect() == Errno.OK);
            for (int i = 0; i < plan.Callers; i++)
                _callers.Add(CallerAsync());
        });
        return RunAsync(() => Task.WhenAll(_callers));
    }

    /// <summary>What it waits for, for a failure's message.</summary>
    public string Describe()
    {
        ImportInfo info = Import.GetInfo();
        IEnumerable<string> open = _calls.Where(call => call.Status is null).Select(call => $"{call.Kind} {call.Id}");
        return $"{uuid} {info.State.Name()}, {info.InFlight} under way, {info.Waiting} waiting, "
            + $"{info.Replayable} to replay, {_rpc.RequestCount} requests; open: {string.Join(", ", open)}";
    }

    /// <summary>The machine goes down with everything under way.</summary>
    public void Crash()
    {
        node.Crash(loud: sim.Random.Next(2) == 0);
        foreach (ChaosCall call in _calls)
            call.IsOrphan = true;
    }

    /// <summary>FULL again, a last call answered, nothing left once all is committed.</summary>
    public Task RecoverAsync(TimeSpan limit) => RunAsync(async () =>
    {
        TimeSpan end = sim.Now + limit;
        using var late = new CancellationTokenSource(limit, node.Context.Clock);
        Errno status = await Import.WaitConnectedAsync(firstTryOnly: false, late.Token);
        Lassert.That(status == Errno.OK, $"{uuid} is not FULL again: {status}, {Describe()}");
        // An import that looks well may yet learn that the target has forgotten it: then the next call finds a
        // new connection.
        do
        {
            Lassert.That(sim.Now < end, $"{uuid} has no answer to its last call: {status}, {Describe()}");
            if (status != Errno.OK)
                await _host.Delay(TimeSpan.FromSeconds(1));
            status = await CallAsync(ledger.New(CallKind.Echo, uuid, 0, 0), noResend: false, default);
        }
        while (status != Errno.OK && plan.MayFail);
        Lassert.That(status == Errno.OK, $"the last call of {uuid}: {status}");
        while (_rpc.RequestCount > 0)
        {
            Lassert.That(sim.Now < end, $"{_rpc.RequestCount} requests are left at {uuid}: {Describe()}");
            await _host.Delay(TimeSpan.FromSeconds(1));
        }
        Lassert.That(Import.State == ImportState.Full, $"{Import.State} after the last call");
    });

    public Task StopAsync() => RunAsync(async () =>
    {
        await Import.DisposeAsync();
        await Task.WhenAll(_callers);
        await sim.SettledAsync();
        Lassert.That(_rpc.RequestCount == 0, $"{uuid} has left {_rpc.RequestCount} requests behind");
        _rpc.Dispose();
    });

    void IImportOwner.OnImportEvent(Import import, ImportEvent what)
    {
        if (what == ImportEvent.Evicted)
            Evictions++;
    }

    ValueTask IImportOwner.InvalidateAsync(Import import)
    {
        ImportInfo info = import.GetInfo();
        ledger.Require(info.InFlight + info.Waiting == 0, "invalidated with requests under way");
        return ValueTask.CompletedTask;
    }

    ImportOptions Options() => new()
    {
        DeviceName = $"chaos-osc-{uuid}",
        TargetUuid = ChaosServer.Uuid,
        ClientUuid = uuid,
        Peers = [server.Node.Id],
        ConnectOpcode = (uint)OstOpcode.Connect,
        RequestPortal = ChaosServer.RequestPortal,
        ReplyPortal = ChaosServer.ReplyPortal,
        LocalHandle = node.Context.Random.NextUInt64() | 1,
        ConnectData = ChaosPlan.ConnectData,
        MaxRpcsInFlight = 1 + sim.Random.Next(plan.Callers + 1),
        Owner = this,
    };

    /// <summary>Work that a crash may end.</summary>
    async Task RunAsync(Func<Task> body)
    {
        if (!IsAlive)
            return;
        try
        {
            await _host.RunAsync(body);
        }
        catch (OperationCanceledException) when (!IsAlive)
        {
        }
    }

    async Task CallerAsync()
    {
        for (int i = 0; i < plan.CallsEach; i++)
        {
            if (sim.Random.Next(3) == 0)
                await _host.Delay(TimeSpan.FromMilliseconds(sim.Random.Next(sim.Random.Next(10) == 0 ? 20_000 : 20)));
            await OneAsync();
        }
    }

    async Task OneAsync()
    {
        var kind = (CallKind)sim.Random.Next(5);
        int length = 0, pageOffset = 0;
        if (kind is CallKind.Read or CallKind.Write)
        {
            length = 1 + sim.Random.Next(sim.Random.Next(12) == 0 ? ChaosLedger.MaxBulk : 32 << 10);
            pageOffset = sim.Random.Next(2) * sim.Random.Next(BulkDescriptor.PageSize);
        }
        bool noResend = plan.CallersGiveUp && sim.Random.Next(20) == 0;
        CancellationTokenSource? source = plan.CallersGiveUp && sim.Random.Next(10) == 0
            ? new CancellationTokenSource(
                TimeSpan.FromMilliseconds(sim.Random.Next(sim.Random.Next(2) == 0 ? 3 : 30_000)), node.Context.Clock)
            : null;
        TimeSpan begin = sim.Now;
        await CallAsync(ledger.New(kind, uuid, length, pageOffset), noResend, source?.Token ?? default);
        LongestCall = LongestCall > sim.Now - begin ? LongestCall : sim.Now - begin;
        source?.Dispose();
    }

    async Task<Errno> CallAsync(ChaosCall call, bool noResend, CancellationToken cancel)
    {
        _calls.Add(call);
        PooledBuffer? memory = call.Length > 0 ? node.Context.Buffers.Take(call.Length) : null;
        BulkDescriptor? bulk = null;
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.OstGetattr, (uint)(call.Kind switch
        {
            CallKind.Count => OstOpcode.Setattr,
            CallKind.Write => OstOpcode.Write,
            CallKind.Read => OstOpcode.Read,
            _ => OstOpcode.Getattr,
        }));
        request.NoResend = noResend;
        request.IsModifying = call.Kind == CallKind.Count;
        request.SetSize(Rmf.Capa1, 0);
        request.Set(Rmf.OstBody, new OstBody { Attributes = new Obdo { Size = call.Id, Blocks = call.Mark } });
        if (memory is not null)
        {
            BulkType type = call.Kind == CallKind.Read ? BulkType.PutSink : BulkType.GetSource;
            bulk = _rpc.TakeBulk(type, ChaosServer.BulkPortal);
            if (call.Kind == CallKind.Write)
                call.Bytes(0).CopyTo(memory.Span);
            Lassert.That(bulk.Add(memory.Slice(0, call.Length), call.PageOffset) == Errno.OK);
            request.Bulk = bulk;
        }
        Errno status = await request.SendAsync(cancel);
        ledger.Require(call.Status is null, $"call {call.Id} has ended twice");
        call.Status = status;
        CheckStatus(call, status, cancel.IsCancellationRequested, noResend);
        if (status == Errno.OK)
            CheckReply(call, request, memory);
        // Whatever the end was, the memory is ours: what LNet still sends from it or puts into it will show.
        memory?.Span.Fill(0xdb);
        if (bulk is not null)
            _rpc.ReturnBulk(bulk);
        memory?.Dispose();
        return status;
    }

    void CheckStatus(ChaosCall call, Errno status, bool cancelled, bool noResend)
    {
        bool allowed = status switch
        {
            Errno.OK => call.Kind != CallKind.Refused,
            Errno.ENOENT => call.Kind == CallKind.Refused,
            Errno.EINTR => cancelled,
            // Sent once, it may be the one that is lost; or that is asked to come again.
            Errno.ETIMEDOUT or Errno.ENOTCONN or Errno.EINPROGRESS => noResend,
            Errno.EIO => noResend || plan.MayFail,
            Errno.ESHUTDOWN => plan.MayFail,
            _ => false,
        };
        ledger.Require(
            allowed, $"call {call.Id}, {call.Kind}, noResend {noResend}, ended with {status} at {sim.Now}");
    }

    void CheckReply(ChaosCall call, PtlrpcRequest request, PooledBuffer? memory)
    {
        Succeeded++;
        Result<OstBody> reply = request.Get(Rmf.OstBody);
        if (!ledger.Require(!reply.Failed, $"the reply to {call.Id} has no body"))
            return;
        Obdo got = reply.Value.Attributes;
        ledger.Require(
            got.Size == call.Id && got.Blocks == call.Mark && got.DataVersion == request.Xid,
            $"call {call.Id}, xid {request.Xid:x}, got the reply of {got.Size}, xid {got.DataVersion:x}");
        if (call.Kind == CallKind.Count)
            ledger.Require(call.Executions > 0, $"call {call.Id} was answered and not executed");
        if (call.Kind == CallKind.Count && !plan.MayFail)
            ledger.Require(call.Executions == 1, $"call {call.Id} was executed {call.Executions} times");
        if (call.Kind == CallKind.Read)
        {
            ledger.Require(
                memory!.Span[..call.Length].SequenceEqual(call.Bytes((int)got.Ioepoch)),
                $"read {call.Id} brought other bytes");
        }
    }
}
