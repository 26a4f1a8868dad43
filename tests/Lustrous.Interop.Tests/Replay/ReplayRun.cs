using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Interop.Tests.Compare;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;
using Lustrous.Utils.Decode;

namespace Lustrous.Interop.Tests.Replay;

/// <summary>
/// Sends the requests of recorded kernel clients to servers of ours, in the order and at the times of the recording,
/// answers our servers' callbacks as those clients did, and compares what our servers say with what theirs said.
/// </summary>
/// <remarks>
/// A request waits until every message that the recording has before it has come from our servers too; a message that
/// does not come within some seconds is a difference, and the conversation goes on without it.
/// MDT0001 of the recordings has no counterpart, as several MDTs are not built yet: what clients asked of it is asked
/// of MDT0000, which so takes the place of both. Connects to MDT0001 are not sent.
/// Where a recorded server was restarted or threw a client out, so does ours (<see cref="ServerEvent"/>); what a client
/// replays then are its recorded requests with what our server had answered to them.
/// </remarks>
sealed partial class ReplayRun
{
    const string Mdt0 = "lustre-MDT0000_UUID", Mdt1 = "lustre-MDT0001_UUID";

    // Our servers answer within a millisecond. Time that is waited in vain makes the conversation late.
    static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(300);
    static readonly TimeSpan s_step = TimeSpan.FromMicroseconds(200);

    readonly Simulation.Simulation _sim;
    readonly DateTimeOffset _epoch;
    readonly Rewriter _rewriter = new();
    readonly Dictionary<Nid, ReplayClient> _clients = [];
    readonly Dictionary<(Nid, ulong), Exchange> _exchanges = [];        // by the match bits of the reply
    readonly Dictionary<(Nid, ulong), Arrived> _replies = [];
    readonly Dictionary<(Nid, uint, ulong), Arrived> _bulk = [];
    readonly HashSet<ulong> _mdt1Handles = [];
    readonly Dictionary<(Nid, string), ulong> _handles = [];            // ours, by target
    readonly Dictionary<RecordedMessage, RecordedMessage> _after = [];  // whose reply is waited for before it is sent
    readonly Dictionary<ulong, uint> _connectCounts = [];               // by our handle
    readonly Dictionary<ulong, uint> _ostOf = [];                       // by our sequence of objects
    readonly Dictionary<ulong, ulong> _exportOfLock = [];               // our cookies
    string _recording = "";

    public ReplayRun(Simulation.Simulation sim, ReplayCluster cluster, DateTimeOffset epoch, DifferenceBook book)
    {
        _sim = sim;
        _cluster = cluster;
        _epoch = epoch;
        Book = book;
    }

    public DifferenceBook Book { get; }

    /// <summary>The release of the clients; null for the recorded one.</summary>
    public OlderClient? Older { get; init; }

    public async Task AddClientAsync(string nid)
    {
        SimNode node = await _sim.AddNodeAsync(Nid.Parse(nid).Value);
        var client = new ReplayClient(node);
        client.Arrived = arrived => OnArrived(client, arrived);
        _clients.Add(client.Nid, client);
    }

    public async Task RunAsync(Recording recording)
    {
        _recording = recording.Name;
        IndexCallbacks(recording);
        foreach (ServerEvent happens in ServerEvent.All.Where(e => e.Recording == recording.Name))
            _events.Enqueue(happens);
        _hasOutages = _events.Count > 0;
        ILookup<(Nid, ulong), RecordedMessage> fetched = recording.Messages
            .Where(message => message.Kind == MessageKind.BulkGet)
            .ToLookup(message => (message.Client, message.Xid));
        foreach (RecordedMessage message in InOrderOfExecution(recording))
        {
            if (!_clients.ContainsKey(message.Client))
                continue;
            await LetHappenAsync(message.TimeNanoseconds);
            await UntilAsync(message.TimeNanoseconds);
            switch (message.Kind)
            {
                case MessageKind.Request:
                    if (_after.Remove(message, out RecordedMessage? first))
                        await WaitAsync(() => _replies.ContainsKey((first.Client, first.Header.MatchBits)));
                    await LeaveIdleAsync(message);
                    Send(message, fetched[(message.Client, message.Xid)]);
                    break;
                case MessageKind.Reply:
                    await ReplyAsync(message);
                    break;
                case MessageKind.Callback:
                    await CallbackAsync(message);
                    break;
                case MessageKind.BulkPut:
                    await BulkAsync(message);
                    break;
            }
        }
        await _sim.SettledAsync();
    }

    /// <summary>As recorded; but of changes that were under way together, the one that the server made first is also
    /// sent first: the numbers of their transactions tell.</summary>
    List<RecordedMessage> InOrderOfExecution(Recording recording)
    {
        var ordered = new List<RecordedMessage>(recording.Messages);
        // What is sent again has its place in recovery.
        HashSet<(Nid, ulong)> repeated =
        [
            .. ordered.Where(m => m.Kind == MessageKind.Request).GroupBy(m => (m.Client, m.Xid))
                .Where(same => same.Skip(1).Any() || (same.First().Decoded.Body.Flags & MsgFlags.REPLAY) != 0)
                .Select(same => same.Key),
        ];
        Dictionary<(Nid, Nid, ulong), ulong> transnos = [];
        foreach (RecordedMessage reply in ordered.Where(
            m => m.Kind == MessageKind.Reply && m.Decoded.Body.Transno != 0))
            transnos[(reply.Client, reply.Server, reply.Xid)] = reply.Decoded.Body.Transno;
        for (int i = 0; i < ordered.Count; i++)
        {
            if (ordered[i].Kind != MessageKind.Request || !TryTransno(ordered[i], out ulong transno))
                continue;
            // Up to its reply, requests of others to the same server that were carried out before it.
            for (int k = i + 1; k < ordered.Count && !IsReplyTo(ordered[k], ordered[i]); k++)
            {
                if (ordered[k].Kind != MessageKind.Request || ordered[k].Client == ordered[i].Client
                    || ordered[k].Server != ordered[i].Server || ordered[k].Name != ordered[i].Name
                    || !TryTransno(ordered[k], out ulong other)
                    || other >= transno)
                    continue;
                RecordedMessage earlier = ordered[k];
                ordered.RemoveAt(k);
                ordered.Insert(i, earlier);
                i++;
                _after[ordered[i]] = earlier;
            }
        }
        return ordered;

        bool TryTransno(RecordedMessage request, out ulong transno) =>
            transnos.TryGetValue((request.Client, request.Server, request.Xid), out transno)
            && !repeated.Contains((request.Client, request.Xid));

        static bool IsReplyTo(RecordedMessage reply, RecordedMessage request) =>
            reply.Kind == MessageKind.Reply && reply.Client == request.Client && reply.Xid == request.Xid;
    }

    /// <summary>Between recordings clients are idle, but for the pings that keep them known.</summary>
    public async Task IdleUntilAsync(long timeNanoseconds)
    {
        if (At(timeNanoseconds) - _sim.Now > TimeSpan.FromSeconds(25))
            LeaveIdle();
        while (At(timeNanoseconds) - _sim.Now > TimeSpan.FromSeconds(25))
        {
            await _sim.Delay(TimeSpan.FromSeconds(20));
            foreach (((Nid client, string target), ulong handle) in _handles)
                Call(client, target, ObdOpcode.Ping, handle);
        }
    }

    public void Close()
    {
        foreach (ReplayClient client in _clients.Values)
            client.Close();
    }

    TimeSpan At(long nanoseconds) =>
        DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick) - _epoch;

    async Task UntilAsync(long timeNanoseconds)
    {
        TimeSpan wait = At(timeNanoseconds) - _sim.Now;
        if (wait > TimeSpan.Zero)
            await _sim.Delay(wait);
    }

    async Task<bool> WaitAsync(Func<bool> condition)
    {
        TimeSpan deadline = _sim.Now + s_patience;
        for (TimeSpan step = s_step; !condition(); step *= 1.5)
        {
            if (_sim.Now >= deadline)
                return false;
            await _sim.Delay(step);
        }
        return true;
    }

    void Send(RecordedMessage message, IEnumerable<RecordedMessage> fetched)
    {
        var exchange = new Exchange(message) { LostReason = _rewriter.LostIn(message.Payload) ?? LostName(message) };
        ulong handle = message.Decoded.Body.Handle.Cookie;
        bool isMdt1 = _mdt1Handles.Contains(handle);
        // A request that is sent again wants its reply elsewhere, where a late one to the first does not come.
        PtlrpcBodyV3 body = message.Decoded.Body;
        bool isResent = (body.Flags & MsgFlags.RESENT) != 0 && body.MatchBits != 0;
        _exchanges[(message.Client, isResent ? body.MatchBits : message.Header.MatchBits)] = exchange;
        string? target = TargetOfConnect(exchange);
        // While MDT0000 is away, what the other one answered has no counterpart.
        if (target == Mdt1
            || isMdt1 && (exchange.Opcode == (uint)MdsOpcode.Disconnect || _withoutMdt0.Contains(message.Client))
            || target is not null && _early.Contains((message.Client, target)))
        {
            exchange.IsSkipped = true;
            return;
        }
        if (Older?.Sends(exchange.Opcode) == false)
        {
            exchange.IsSkipped = true;
            exchange.LostReason = OlderClient.Reason;
            return;
        }
        foreach (RecordedMessage bulk in fetched.DistinctBy(bulk => bulk.Header.MatchBits))
        {
            byte[] bytes = bulk.Header.Portal == Portals.MDS_BULK_PORTAL
                ? _rewriter.Rewrite(bulk.Payload)
                : bulk.Payload;
            _clients[message.Client].Offer(bulk.Header.Portal, bulk.Header.MatchBits, bytes);
        }
        byte[] request = _rewriter.Rewrite(message.Payload, exchange.IsLlog, out ulong sequence);
        if (_handles.TryGetValue((message.Client, Mdt0), out ulong mdt0)
            && (isMdt1 || _rewriter.TryGetWord(handle, out ulong ours) && ours == mdt0))
            SetHandle(request, mdt0);
        else if (message.Server == ReplayCluster.Oss && !Route(exchange, request, sequence))
            return;
        Recall(exchange, request);
        Older?.Age(request, target);
        _clients[message.Client].Send(
            isMdt1 ? ReplayCluster.Mds : message.Server, message.Header.Portal, message.Header.MatchBits,
            request);
    }

    /// <summary>Our MDT chooses OSTs as it likes: what goes to an object goes to the OST that ours is on, and a lock is
    /// given back to the OST that granted it.</summary>
    /// <returns>False: it is not sent, as ours is on an OST that has not been restarted.</returns>
    bool Route(Exchange exchange, byte[] request, ulong sequence)
    {
        Nid client = exchange.Request.Client;
        if (sequence != 0 && _ostOf.TryGetValue(sequence, out uint ost)
            && _handles.TryGetValue((client, $"lustre-OST{ost:x4}_UUID"), out ulong handle))
        {
            bool isElsewhere = _rewriter.TryGetWord(exchange.Request.Decoded.Body.Handle.Cookie, out ulong recorded)
                && recorded != handle;
            if (isElsewhere && exchange.Part.TryFind(out LdlmRequest asked)
                && (asked.Flags & (uint)LockFlags.REPLAY) != 0)
            {
                exchange.IsSkipped = true;
                exchange.LostReason = "placement";
                return false;
            }
            SetHandle(request, handle);
            exchange.OurHandle = handle;
            return true;
        }
        if (exchange.Opcode is not ((uint)LdlmOpcode.Cancel or (uint)LdlmOpcode.Convert))
            return true;
        ulong[] exports =
            [.. Words(request).Where(_exportOfLock.ContainsKey).Select(of => _exportOfLock[of]).Distinct()];
        for (int i = 0; i < exports.Length; i++)
        {
            SetHandle(request, exports[i]);
            // Locks that the kernel had on one OST may be on several of ours: each hears of it.
            if (i < exports.Length - 1)
            {
                _clients[client].Send(
                    ReplayCluster.Oss, exchange.Request.Header.Portal, _xid += 128, [.. request]);
            }
        }
        return true;
    }

    static int StatusOf(Exchange exchange, Arrived arrived) =>
        exchange.DecodeReply(arrived.Bytes) is { } ours && ours.TryFind(out PtlrpcBodyV3 body) ? body.Status : 0;

    /// <summary>A client that cannot give back some bits of a lock gives it back.</summary>
    void CancelInstead(Exchange exchange)
    {
        byte[] request = _rewriter.Rewrite(exchange.Request.Payload);
        Assert.Equal(Libcfs.Errno.OK, LustreMessage.Parse(request, out LustreMessage message));
        MemoryMarshal.AsRef<PtlrpcBodyV3>(message.Buffer(0)).Opcode = (uint)LdlmOpcode.Cancel;
        _clients[exchange.Request.Client].Send(
            _mdt1Handles.Contains(exchange.Request.Decoded.Body.Handle.Cookie)
                ? ReplayCluster.Mds
                : exchange.Request.Server,
            Portals.LDLM_CANCEL_REQUEST_PORTAL, _xid += 128, request);
    }

    void Connected(Nid client, string target, ulong handle, uint count)
    {
        if (target == Mdt0)
            _withoutMdt0.Remove(client);
        _handles[(client, target)] = handle;
        _connectCounts[handle] = count;
    }

    static ulong[] Words(byte[] message) =>
        MemoryMarshal.Cast<byte, ulong>(message.AsSpan(0, message.Length & ~7)).ToArray();

    /// <summary>To another export than the recorded one: which connection it belongs to is another, and what the client
    /// has of the replies to its other requests says nothing there.</summary>
    void SetHandle(byte[] request, ulong handle)
    {
        Assert.Equal(Libcfs.Errno.OK, LustreMessage.Parse(request, out LustreMessage message));
        ref PtlrpcBodyV3 body = ref MemoryMarshal.AsRef<PtlrpcBodyV3>(message.Buffer(0));
        body.Handle = new LustreHandle(handle);
        body.ConnectionCount = _connectCounts.GetValueOrDefault(handle, body.ConnectionCount);
        body.LastXid = 0;
    }

    /// <summary>Notes which OST an object of ours is on, and which export a lock belongs to.</summary>
    void Follow(Exchange exchange, List<Field> ours)
    {
        foreach (Field field in ours)
        {
            if (field.Path.EndsWith(".oi", StringComparison.Ordinal)
                && FieldComparison.TryPair(field.Value, out var oi))
            {
                string index = field.Path[..^".oi".Length] + ".idx";
                if (uint.TryParse(ours.Find(f => f.Path == index).Value, out uint ost))
                    _ostOf[oi.Sequence] = ost;
            }
            else if (exchange.OurHandle != 0 && field.Path.StartsWith("dlm_rep.", StringComparison.Ordinal)
                && field.Path.Contains("handle", StringComparison.Ordinal)
                && FieldComparison.TryNumber(field.Value, out ulong cookie) && cookie != 0)
            {
                _exportOfLock[cookie] = exchange.OurHandle;
            }
        }
    }

    async Task ReplyAsync(RecordedMessage reply)
    {
        if (!_exchanges.TryGetValue((reply.Client, reply.Header.MatchBits), out Exchange? exchange))
            return;     // its request is older than the recording
        if (exchange.SupportsEarly && reply.Header.Offset == 0)
            return;     // an early one, to a request that was sent again
        string? target = TargetOfConnect(exchange);
        if (exchange is { IsSkipped: true, LostReason: { } notSent })
        {
            LoseAll(exchange, reply, notSent);
            return;
        }
        if (exchange.IsSkipped)
        {
            ulong handle = reply.Decoded.Body.Handle.Cookie;
            if (target == Mdt1 && _handles.TryGetValue((reply.Client, Mdt0), out ulong mdt0))
            {
                _mdt1Handles.Add(handle);
                _rewriter.LearnWord(handle, mdt0);
            }
            else if (target is not null && _early.Remove((reply.Client, target)))
            {
                _rewriter.LearnWord(handle, _handles[(reply.Client, target)]);
            }
            return;
        }
        (Nid, ulong) key = (reply.Client, reply.Header.MatchBits);
        if (!await WaitAsync(() => _replies.ContainsKey(key)))
        {
            Missing(exchange.Request.Name + " reply", exchange, reply);
            return;
        }
        _replies.Remove(key, out Arrived? arrived);
        Compare(exchange, reply, arrived!);
        Remember(exchange, reply, arrived!);
        if (target is not null && exchange.DecodeReply(arrived!.Bytes) is { } ours
            && ours.TryFind(out PtlrpcBodyV3 body) && body.Status == 0)
        {
            Connected(reply.Client, target, body.Handle.Cookie, exchange.Request.Decoded.Body.ConnectionCount);
            if (IsOst(target))
                await ConnectOthersAsync(reply.Client, target);
        }
        if (exchange.Opcode == (uint)LdlmOpcode.Convert && StatusOf(exchange, arrived!) != 0)
            CancelInstead(exchange);
        if (exchange.Opcode is (uint)MdsOpcode.Disconnect or (uint)OstOpcode.Disconnect or (uint)MgsOpcode.Disconnect
            && _rewriter.TryGetWord(exchange.Request.Decoded.Body.Handle.Cookie, out ulong gone))
        {
            foreach ((Nid, string) of in _handles.Where(pair => pair.Value == gone).Select(pair => pair.Key).ToList())
                _handles.Remove(of);
        }
    }

    async Task BulkAsync(RecordedMessage bulk)
    {
        if (!_exchanges.Values.Any(e => e.Request.Client == bulk.Client && e.Request.Xid == bulk.Xid))
            return;
        Exchange exchange = _exchanges.Values.Last(e => e.Request.Client == bulk.Client && e.Request.Xid == bulk.Xid);
        (Nid, uint, ulong) key = (bulk.Client, bulk.Header.Portal, bulk.Header.MatchBits);
        if (!await WaitAsync(() => _bulk.ContainsKey(key)))
        {
            Missing(exchange.Request.Name + " bulk", exchange, bulk);
            return;
        }
        _bulk.Remove(key, out Arrived? arrived);
        CompareBulk(exchange, bulk, arrived!);
    }

    void Missing(string name, Exchange exchange, RecordedMessage recorded)
    {
        if (exchange.LostReason is { } lost)
        {
            Book.AddFollower(lost, Where(recorded));
            return;
        }
        exchange.LostReason = Book.Add(
            new Difference(name, "message", "sent", Difference.Nothing), Where(recorded));
        if (recorded.Kind == MessageKind.Reply)
            LoseAll(exchange, recorded, exchange.LostReason);
    }

    void OnArrived(ReplayClient client, Arrived arrived)
    {
        switch (arrived.Portal)
        {
            case Portals.LDLM_CB_REQUEST_PORTAL:
                OnCallback(client, arrived);
                break;
            case Portals.OST_BULK_PORTAL or Portals.MDS_BULK_PORTAL or Portals.MGS_BULK_PORTAL:
                _bulk[(client.Nid, arrived.Portal, arrived.MatchBits)] = arrived;
                break;
            default:
                bool early = arrived.Offset == 0
                    && _exchanges.TryGetValue((client.Nid, arrived.MatchBits), out Exchange? exchange)
                    && exchange.SupportsEarly;
                if (!early)
                    _replies[(client.Nid, arrived.MatchBits)] = arrived;
                break;
        }
    }

    string Where(RecordedMessage message) => $"{_recording} x{message.Xid}";

    /// <summary>The target that a connect asks for; null for any other request.</summary>
    static string? TargetOfConnect(Exchange exchange) =>
        exchange.Opcode is (uint)MdsOpcode.Connect or (uint)OstOpcode.Connect or (uint)MgsOpcode.Connect
            ? ((TextPart)exchange.Part.Inner[1]).Text
            : null;
}
