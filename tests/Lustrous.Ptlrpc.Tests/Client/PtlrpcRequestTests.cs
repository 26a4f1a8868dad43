using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;

namespace Lustrous.Ptlrpc.Tests.Client;

/// <summary>Requests against a server that does what the test says, over a simulated network.</summary>
public sealed class PtlrpcRequestTests
{
    const int Runs = 8;

    [Fact]
    public void Connect_negotiates_and_requests_carry_what_was_granted() => Run(async pair =>
    {
        pair.Server.Grants = ConnectFlags.AT | ConnectFlags.FLAGS2 | ConnectFlags.MULTIMODRPCS;
        pair.Server.Grants2 = 0;
        await pair.ConnectAsync();
        Assert.True(pair.Import.Supports(ConnectFlags.AT));
        Assert.False(pair.Import.Supports(ConnectFlags.BULK_MBITS));
        Assert.Equal(Errno.OK, await pair.CallAsync());

        ScriptedRequest connect = pair.Server.Requests[0];
        Assert.Equal((uint)OstOpcode.Connect, connect.Opcode);
        Assert.Equal(ClientPair.Asked, connect.ConnectData.ConnectFlags);
        Assert.Equal(MsgConnectFlags.INITIAL, connect.Body.OpFlags);
        Assert.Equal(0UL, connect.Body.Handle.Cookie);
        Assert.False(connect.SupportsEarly);
        ScriptedRequest call = pair.Server.Calls.Single();
        Assert.Equal(0x1001UL, call.Body.Handle.Cookie);
        Assert.Equal((1u, call.Xid - 1, true), (call.Body.ConnectionCount, call.Body.LastXid, call.SupportsEarly));
    });

    [Fact]
    public void A_flag_that_was_not_asked_fails_the_connect() => Run(async pair =>
    {
        pair.Server.Script = request =>
        {
            if (!request.IsConnect)
                return false;
            ObdConnectData data = request.ConnectData;
            data.ConnectFlags |= ConnectFlags.GRANT;
            pair.Server.AnswerConnect(request, data);
            return true;
        };
        Assert.Equal(Errno.EPROTO, await pair.Import.ConnectAsync(default));
        Assert.Equal(ImportState.Closed, pair.Import.State);
        Assert.Equal(Errno.EIO, await pair.CallAsync());
    });

    [Fact]
    public void The_servers_status_is_the_callers() => Run(async pair =>
    {
        await pair.ConnectAsync();
        Answer(pair, request => request.Reply(Errno.ENOSPC));
        Assert.Equal(Errno.ENOSPC, await pair.CallAsync());
        Answer(pair, request => request.Reply(change: body => body with { Status = 301 }));
        using PtlrpcRequest request = pair.NewCall();
        Assert.Equal(Errno.OK, await request.SendAsync(default));
        Assert.Equal(301, request.ReplyStatus);
        Answer(pair, request => request.Reply(change: body => body with { Type = PtlrpcMessageType.Err }));
        Assert.Equal(Errno.EINVAL, await pair.CallAsync());
        Answer(pair, request => request.Garbage(200));
        Assert.Equal(Errno.EPROTO, await pair.CallAsync());
    });

    [Fact]
    public void An_early_reply_gives_the_server_more_time() => Run(async pair =>
    {
        await pair.ConnectAsync();
        ScriptedRequest? held = null;
        Answer(pair, request => held = request);
        using PtlrpcRequest request = pair.NewCall();
        ValueTask<Errno> call = request.SendAsync(default);
        await pair.Sim.Delay(TimeSpan.FromSeconds(10));
        held!.Early(timeoutSeconds: 60);
        await pair.Sim.Delay(TimeSpan.FromSeconds(1));
        held.Early(timeoutSeconds: 1, spoilt: true);        // a broken checksum counts for nothing
        await pair.Sim.Delay(TimeSpan.FromSeconds(40));
        Assert.False(call.IsCompleted);
        held.Reply();
        Assert.Equal(Errno.OK, await call);
        Assert.Equal((1, 1), (request.EarlyReplies, request.Attempts));
    });

    [Fact]
    public void Without_a_reply_the_import_connects_anew_and_the_request_goes_again_under_its_xid() => Run(async pair =>
    {
        await pair.ConnectAsync();
        int seen = 0;
        Answer(pair, request =>
        {
            if (seen++ > 0)
                request.Reply();
        });
        pair.Server.ConnectOpFlags |= MsgConnectFlags.RECONNECT;
        using PtlrpcRequest request = pair.NewCall();
        Assert.Equal(Errno.OK, await request.SendAsync(default));
        ScriptedRequest[] sent = [.. pair.Server.Calls];
        Assert.Equal([false, true], sent.Select(r => r.IsResent));
        Assert.Equal(sent[0].Xid, sent[1].Xid);
        Assert.Equal([1u, 2u], sent.Select(r => r.Body.ConnectionCount));
        Assert.Equal([ImportEvent.ConnectData, ImportEvent.Active, ImportEvent.Disconnected, ImportEvent.ConnectData,
            ImportEvent.Active], pair.Events);
        Assert.Equal(0, pair.Invalidations);
    });

    [Fact]
    public void A_request_that_may_not_be_sent_again_times_out() => Run(async pair =>
    {
        await pair.ConnectAsync();
        Answer(pair, _ => { });
        Assert.Equal(Errno.ETIMEDOUT, await pair.CallAsync(request => request.NoResend = true));
    });

    [Fact]
    public void A_late_reply_to_an_earlier_attempt_is_dropped_where_match_bits_tell() => Run(async pair =>
    {
        await pair.ConnectAsync();
        Assert.True(pair.Import.Supports(ConnectFlags2.REP_MBITS));
        pair.Server.ConnectOpFlags |= MsgConnectFlags.RECONNECT;
        List<ScriptedRequest> attempts = [];
        Answer(pair, request => attempts.Add(request));
        using PtlrpcRequest request = pair.NewCall();
        ValueTask<Errno> call = request.SendAsync(default);
        while (attempts.Count < 2)
            await pair.Sim.Delay(TimeSpan.FromSeconds(1));
        attempts[0].ReplyBits = attempts[0].Body.MatchBits;
        attempts[0].Reply(Errno.ENOSPC);
        await pair.Sim.Delay(TimeSpan.FromSeconds(1));
        Assert.False(call.IsCompleted);
        attempts[1].ReplyBits = attempts[1].Body.MatchBits;
        attempts[1].Reply();
        attempts[1].Reply(Errno.EIO);                       // a duplicate
        Assert.Equal(Errno.OK, await call);
        await pair.Sim.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(Errno.OK, request.Status);
    }, matchBits: true);

    [Fact]
    public void A_reply_that_does_not_fit_is_asked_for_again_with_more_room() => Run(async pair =>
    {
        await pair.ConnectAsync();
        byte[] large = new byte[9000];
        large.AsSpan().Fill(7);
        Answer(pair, request => request.Reply(extra: large));
        using PtlrpcRequest request = pair.NewCall();
        Assert.Equal(Errno.OK, await request.SendAsync(default));
        Assert.Equal(large, request.Capsule.Reply.Buffer(1).ToArray());
        ScriptedRequest[] sent = [.. pair.Server.Calls];
        Assert.Equal((2, sent[0].Xid), (sent.Length, sent[1].Xid));
        Assert.True(sent[1].ReplySize >= 9000);
    });

    [Fact]
    public void An_unfinished_operation_is_asked_for_again_as_a_new_request() => Run(async pair =>
    {
        await pair.ConnectAsync();
        int seen = 0;
        Answer(pair, request => request.Reply(seen++ < 3 ? Errno.EINPROGRESS : Errno.OK));
        TimeSpan start = pair.Sim.Now;
        Assert.Equal(Errno.OK, await pair.CallAsync());
        Assert.Equal(4, pair.Server.Calls.Select(r => r.Xid).Distinct().Count());
        Assert.InRange((pair.Sim.Now - start).TotalSeconds, 6, 7);      // 1 + 2 + 3
    });

    [Fact]
    public void A_request_cancelled_while_it_waits_to_be_sent_again_leaves_no_wait_to_the_next() => Run(async pair =>
    {
        await pair.ConnectAsync();
        bool busy = true;
        Answer(pair, request => request.Reply(
            change: body => body with { Status = busy ? -(int)Errno.EINPROGRESS : 0 }));
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(500), pair.ClientNode.Context.Clock);
        Assert.Equal(Errno.EINTR, await pair.CallAsync(cancel: source.Token));
        busy = false;
        TimeSpan start = pair.Sim.Now;
        Assert.Equal(Errno.OK, await pair.CallAsync());         // the pool gives it the same object
        Assert.InRange((pair.Sim.Now - start).TotalSeconds, 0, 0.1);
    });

    [Fact]
    public void A_cancelled_request_ends_at_once_and_leaves_nothing_behind() => Run(async pair =>
    {
        await pair.ConnectAsync();
        Answer(pair, _ => { });
        using var source = new CancellationTokenSource();
        Task<Errno> call = pair.CallAsync(cancel: source.Token);
        await pair.Sim.Delay(TimeSpan.FromSeconds(1));
        source.Cancel();
        Assert.Equal(Errno.EINTR, await call);
        Assert.Equal(ImportState.Full, pair.Import.State);
    });

    [Fact]
    public void A_call_cancelled_before_it_starts_is_not_sent() => Run(async pair =>
    {
        await pair.ConnectAsync();
        Assert.Equal(Errno.EINTR, await pair.CallAsync(cancel: new CancellationToken(canceled: true)));
        Assert.Empty(pair.Server.Calls);
    });

    [Fact]
    public void A_request_that_LNet_does_not_take_ends_and_gives_everything_back() => Run(async pair =>
    {
        await pair.ConnectAsync();
        Assert.Equal(Errno.EINVAL, await pair.CallAsync(request => request.RequestPortal = 64));   // of 0 to 63
        Assert.Equal(Errno.OK, await pair.CallAsync());
    });

    [Fact]
    public void Requests_wait_for_the_connection_unless_they_may_not() => Run(async pair =>
    {
        ServerDown(pair);
        Assert.Equal(Errno.OK, pair.Import.Connect());
        Assert.Equal(Errno.EAGAIN, await pair.CallAsync(request => request.NoDelay = true));
        Task<Errno> call = pair.CallAsync();
        await pair.Sim.Delay(TimeSpan.FromSeconds(30));
        Assert.False(call.IsCompleted);
        pair.Server.Script = static _ => false;
        Assert.Equal(Errno.OK, await call);
    });

    [Fact]
    public void No_more_than_the_limit_is_under_way_and_all_get_their_turn() => Run(async pair =>
    {
        await pair.ConnectAsync();
        pair.Import.MaxRpcsInFlight = 3;
        int most = 0;
        var held = new Queue<ScriptedRequest>();
        Answer(pair, request =>
        {
            held.Enqueue(request);
            most = Math.Max(most, held.Count);
        });
        Task<Errno>[] calls = [.. Enumerable.Range(0, 20).Select(_ => pair.CallAsync())];
        while (!calls.All(call => call.IsCompleted))
        {
            await pair.Sim.Delay(TimeSpan.FromMilliseconds(10));
            if (held.TryDequeue(out ScriptedRequest? request))
                request.Reply();
        }
        Assert.All(calls, call => Assert.Equal(Errno.OK, call.Result));
        Assert.Equal(3, most);
    });

    [Fact]
    public void Modifying_requests_never_share_a_tag() => Run(async pair =>
    {
        await pair.ConnectAsync();
        pair.Import.MaxRpcsInFlight = 50;
        var inUse = new HashSet<ushort>();
        var held = new List<ScriptedRequest>();
        Answer(pair, request =>
        {
            Assert.InRange(request.Body.Tag, 1, 7);
            Assert.True(inUse.Add(request.Body.Tag));
            held.Add(request);
        });
        Task<Errno>[] calls = [.. Enumerable.Range(0, 30).Select(_ => pair.CallAsync(r => r.IsModifying = true))];
        while (!calls.All(call => call.IsCompleted))
        {
            await pair.Sim.Delay(TimeSpan.FromMilliseconds(10));
            if (held.Count == 0)
                continue;
            ScriptedRequest request = held[pair.Sim.Random.Next(held.Count)];
            held.Remove(request);
            inUse.Remove(request.Body.Tag);
            request.Reply();
        }
        Assert.All(calls, call => Assert.Equal(Errno.OK, call.Result));
    });

    [Fact]
    public void Fifty_requests_on_a_bad_network_all_end_well() => Seeds.Simulate(Runs, sim =>
    {
        sim.Network.DefaultLink = SimLinkOptions.Default with { CutProbability = 0.01, Connections = 2 };
        return ClientPair.RunAsync(sim, async pair =>
        {
            pair.Server.Script = request =>
            {
                pair.Server.ConnectOpFlags = MsgConnectFlags.REPLAYABLE
                    | (request.IsConnect && request.Body.ConnectionCount > 1 ? MsgConnectFlags.RECONNECT : 0);
                return false;
            };
            pair.Server.Grants2 = 0;
            await pair.ConnectAsync();
            pair.Import.MaxRpcsInFlight = 20;
            Errno[] all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => pair.CallAsync()));
            Assert.All(all, status => Assert.Equal(Errno.OK, status));
        });
    });

    [Fact]
    public void A_silent_import_pings_every_25_seconds() => Run(async pair =>
    {
        await pair.ConnectAsync();
        await pair.Sim.Delay(TimeSpan.FromSeconds(100));
        Assert.InRange(pair.Server.Of((uint)ObdOpcode.Ping).Count(), 3, 5);
    });

    [Fact]
    public void An_idle_import_disconnects_and_comes_back_for_a_request() => Seeds.Simulate(Runs, sim =>
        ClientPair.RunAsync(
            sim,
            async pair =>
            {
                await pair.ConnectAsync();
                Assert.Equal(Errno.OK, await pair.CallAsync());
                await pair.Sim.Delay(TimeSpan.FromSeconds(60));
                Assert.Equal(ImportState.Idle, pair.Import.State);
                Assert.Single(pair.Server.Of((uint)OstOpcode.Disconnect));
                pair.Server.Grants2 = 0;
                Assert.Equal(Errno.OK, await pair.CallAsync());
                Assert.Equal(ImportState.Full, pair.Import.State);
            },
            options => options with
            {
                IdleTimeoutSeconds = 20,
                ConnectData = options.ConnectData with { ConnectFlags2 = 0 },
            }));

    static void Run(Func<ClientPair, Task> body, bool matchBits = false) => Seeds.Simulate(
        Runs,
        sim => ClientPair.RunAsync(sim, body, options => matchBits
            ? options
            : options with { ConnectData = options.ConnectData with { ConnectFlags2 = 0 } }));

    /// <summary>Calls go to the script; the rest is answered as ever.</summary>
    static void Answer(ClientPair pair, Action<ScriptedRequest> answer) => pair.Server.Script = request =>
    {
        if (request.IsConnect || request.Opcode is (uint)ObdOpcode.Ping or (uint)OstOpcode.Disconnect)
            return false;
        answer(request);
        return true;
    };

    static void ServerDown(ClientPair pair) => pair.Server.Script = static _ => true;
}
