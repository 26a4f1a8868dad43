using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Simulation;

namespace Lustrous.Ptlrpc.Tests.Client;

/// <summary>A server that goes away and comes back: knowing us, recovering, or knowing nothing.</summary>
public sealed class RecoveryTests
{
    [Fact]
    public void A_restarted_server_that_knows_nothing_evicts_us_and_the_next_request_works() => Run(async pair =>
    {
        await pair.ConnectAsync();
        Transno(pair, 1);
        Assert.Equal(Errno.OK, await pair.CallAsync());
        pair.Server.Script = static request => !request.IsConnect;      // no answers any more
        Task<Errno> lost = pair.CallAsync();
        await pair.Sim.Delay(TimeSpan.FromSeconds(1));
        await pair.RestartServerAsync(server => (server.Handle, server.Script) = (0x2002, static _ => false));
        Assert.Equal(Errno.EIO, await lost);
        await pair.Import.WaitConnectedAsync(firstTryOnly: false, default);
        Assert.Equal(1, pair.Invalidations);
        Assert.Contains(ImportEvent.Evicted, pair.Events);
        Assert.Equal(Errno.OK, await pair.CallAsync());
        Assert.Equal(0x2002UL, pair.Server.Calls.Last().Body.Handle.Cookie);
    });

    [Fact]
    public void Uncommitted_requests_are_replayed_in_order_of_transno_and_those_under_way_sent_again() => Run(
        async pair =>
    {
        await pair.ConnectAsync();
        ulong[] numbers = [5, 3, 9, 4, 7];
        int next = 0;
        pair.Server.Script = request =>
        {
            if (request.Opcode != (uint)OstOpcode.Statfs)
                return false;
            if (next < numbers.Length)
                request.Reply(change: body => body with { Transno = numbers[next], LastCommitted = 3 });
            next++;
            return true;
        };
        var sent = new Dictionary<ulong, ulong>();
        foreach (ulong number in numbers)
        {
            Assert.Equal(Errno.OK, await pair.CallAsync());
            sent[number] = pair.Server.Calls.Last().Xid;
        }
        Task<Errno> underWay = pair.CallAsync();
        await pair.Sim.Delay(TimeSpan.FromSeconds(1));
        await pair.RestartServerAsync(server =>
        {
            server.ConnectOpFlags = MsgConnectFlags.REPLAYABLE | MsgConnectFlags.RECOVERING;
            (server.Handle, server.LastCommitted) = (0x3003, 3);
            server.Script = request =>
            {
                if (request.Opcode != (uint)OstOpcode.Statfs)
                    return false;
                request.Reply(change: body => body with { Transno = request.Body.Transno, LastCommitted = 3 });
                return true;
            };
        });
        Assert.Equal(Errno.OK, await underWay);
        ScriptedRequest connect = pair.Server.Requests[0];
        Assert.Equal((MsgConnectFlags.TRANSNO, 4UL), (connect.Body.OpFlags, connect.ConnectData.Transno));
        ScriptedRequest[] replays = [.. pair.Server.Calls.Where(r => r.IsReplay)];
        Assert.Equal([4UL, 5, 7, 9], replays.Select(r => r.Body.Transno));
        Assert.Equal(replays.Select(r => sent[r.Body.Transno]), replays.Select(r => r.Xid));
        ScriptedRequest done = pair.Server.Of((uint)ObdOpcode.Ping).First();
        Assert.Equal(MsgFlags.REQ_REPLAY_DONE | MsgFlags.LOCK_REPLAY_DONE, done.Body.Flags);
        ScriptedRequest last = pair.Server.Calls.Last();
        Assert.Equal((true, false), (last.IsResent, last.IsReplay));
        Assert.True(pair.Server.Requests.IndexOf(done) < pair.Server.Requests.IndexOf(last));
        Assert.Equal(0, pair.Invalidations);
    });

    [Fact]
    public void A_kept_request_is_replayed_although_committed_until_its_owner_lets_go() => Run(async pair =>
    {
        await pair.ConnectAsync();
        pair.Server.LastCommitted = 100;
        Transno(pair, 8);
        using PtlrpcRequest open = pair.NewCall();
        open.KeepForReplay = true;
        Assert.Equal(Errno.OK, await open.SendAsync(default));
        int mended = 0;
        open.ReplayCallback = _ => mended++;
        await RecoverAsync(pair, 0x4004);
        Assert.Equal(1, pair.Server.Calls.Count(r => r.IsReplay));
        Assert.Equal(1, mended);
        open.KeepForReplay = false;
        await RecoverAsync(pair, 0x5005);
        Assert.DoesNotContain(pair.Server.Calls, r => r.IsReplay);
        Assert.Equal(1, mended);
    });

    [Fact]
    public void A_commit_is_told_once_and_ends_the_replay() => Run(async pair =>
    {
        await pair.ConnectAsync();
        Transno(pair, 8);
        int commits = 0;
        Assert.Equal(Errno.OK, await pair.CallAsync(request => request.CommitCallback = _ => commits++));
        Assert.Equal((0, 1), (commits, pair.Node.RequestCount));
        pair.Server.LastCommitted = 8;
        Transno(pair, 0);
        Assert.Equal(Errno.OK, await pair.CallAsync());
        Assert.Equal((1, 0), (commits, pair.Node.RequestCount));
    });

    [Fact]
    public void A_server_that_answers_ENOTCONN_is_connected_again_and_the_request_sent_again() => Run(async pair =>
    {
        await pair.ConnectAsync();
        int seen = 0;
        pair.Server.ConnectOpFlags |= MsgConnectFlags.RECONNECT;
        pair.Server.Script = request =>
        {
            if (request.Opcode != (uint)OstOpcode.Statfs || seen++ > 0)
                return false;
            request.Reply(Errno.ENOTCONN, body => body with { Type = PtlrpcMessageType.Err });
            return true;
        };
        Assert.Equal(Errno.OK, await pair.CallAsync());
        Assert.Equal(2, pair.Server.Requests.Count(r => r.IsConnect));
    });

    [Fact]
    public void The_next_address_is_tried_when_the_first_is_silent() => Seeds.Simulate(8, sim => ClientPair.RunAsync(
        sim,
        async pair =>
        {
            await pair.ConnectAsync();
            Assert.Equal(Errno.OK, await pair.CallAsync());
        },
        options => options with { Peers = [new(Simulation.SimNode.NidOf(77), 12345), .. options.Peers] }));

    [Fact]
    public void Deactivated_it_fails_what_is_under_way_and_activated_it_connects_again() => Run(async pair =>
    {
        await pair.ConnectAsync();
        pair.Server.Script = static request => request.Opcode == (uint)OstOpcode.Statfs;
        Task<Errno> call = pair.CallAsync();
        await pair.Sim.Delay(TimeSpan.FromSeconds(1));
        pair.Import.SetActive(false);
        Assert.Equal(Errno.EIO, await call);
        Assert.Equal(Errno.ESHUTDOWN, await pair.CallAsync());
        pair.Server.Script = static _ => false;
        pair.Import.SetActive(true);
        Assert.Equal(Errno.OK, await pair.Import.WaitConnectedAsync(firstTryOnly: false, default));
        Assert.Equal(Errno.OK, await pair.CallAsync());
    });

    static async Task RecoverAsync(ClientPair pair, ulong handle)
    {
        await pair.RestartServerAsync(server =>
        {
            server.ConnectOpFlags = MsgConnectFlags.REPLAYABLE | MsgConnectFlags.RECOVERING;
            (server.Handle, server.LastCommitted) = (handle, 100);
        });
        Assert.Equal(Errno.OK, await pair.CallAsync());
    }

    static void Transno(ClientPair pair, ulong transno) => pair.Server.Script = request =>
    {
        if (request.Opcode != (uint)OstOpcode.Statfs)
            return false;
        request.Reply(change: body => body with { Transno = transno });
        return true;
    };

    static void Run(Func<ClientPair, Task> body) => Seeds.Simulate(
        8,
        sim => ClientPair.RunAsync(
            sim, body, options => options with { ConnectData = options.ConnectData with { ConnectFlags2 = 0 } }));
}
