using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ptlrpc.Tests.Server;

public class ScheduleTests
{
    [Fact]
    public void A_resend_of_a_request_in_progress_is_not_executed_again()
    {
        var gate = new Gate();
        ServerWorld.Run(async world =>
        {
            ScriptedExchange first = world.Client.Send(OstOpcode.Sync);
            ulong xid = world.Client.LastXid;
            await world.Sim.SettledAsync();
            first.Close();
            ScriptedExchange again = world.Client.Resend(OstOpcode.Sync, xid);
            await world.Sim.SettledAsync();
            Assert.Single(gate.Order);
            gate.Release();
            Assert.Equal(Errno.OK, (await again.Reply).Error);
            await world.Sim.SettledAsync();
            Assert.Equal(1, again.Replies);
        }, handlers: target => target.Handle(OstOpcode.Sync, gate.Handler()));
    }

    [Fact]
    public void A_resend_after_the_reply_gets_the_same_reply_until_the_client_has_it() => ServerWorld.Run(async world =>
    {
        ScriptedExchange exchange = world.Client.Send(OstOpcode.Read);
        ulong xid = world.Client.LastXid;
        ScriptedReply first = await exchange.Reply;
        exchange.Close();
        ScriptedExchange again = world.Client.Resend(OstOpcode.Read, xid);
        Assert.Equal(first.Body.Status, (await again.Reply).Body.Status);
        Assert.Equal(1, world.Executed);
        again.Close();

        // The same number without the mark of a resend: somebody is confused.
        ScriptedExchange confused = world.Client.SendBytes(
            world.Client.Build(OstOpcode.Read, null, [], out _), xid);
        Assert.Equal(Errno.ENOTCONN, (await confused.Reply).Error);
        confused.Close();

        await world.Client.CallAsync(ObdOpcode.Ping, (ref PtlrpcBodyV3 body) => body.LastXid = xid);
        Assert.Equal(0, world.Exports.Find(world.Client.Handle)!.Replies.Count);
        Assert.Equal(Errno.EPROTO, (await world.Client.Resend(OstOpcode.Read, xid).Reply).Error);
        Assert.Equal(1, world.Executed);
    });

    [Fact]
    public void Only_so_many_run_at_once_and_the_rest_in_order()
    {
        var gate = new Gate();
        ServerWorld.Run(async world =>
        {
            var exchanges = new List<ScriptedExchange>();
            var xids = new List<ulong>();
            for (int i = 0; i < 6; i++)
            {
                exchanges.Add(world.Client.Send(OstOpcode.Sync));
                xids.Add(world.Client.LastXid);
                await world.Sim.SettledAsync();
            }
            Assert.Equal((2, 4), (world.Service.Active, world.Service.Waiting));
            for (int i = 0; i < 6; i++)
            {
                gate.Release();
                await world.Sim.SettledAsync();
            }
            Assert.Equal(xids, gate.Order);
            Assert.All(exchanges, e => Assert.True(e.IsAnswered));
            Assert.Equal((0, 0), (world.Service.Active, world.Service.Waiting));
        }, ServerWorld.Options() with { MaxActive = 2 }, target => target.Handle(OstOpcode.Sync, gate.Handler()));
    }

    [Fact]
    public void A_ping_gets_through_while_normal_requests_take_their_slots()
    {
        var gate = new Gate();
        ServerWorld.Run(async world =>
        {
            for (int i = 0; i < 5; i++)
                world.Client.Send(OstOpcode.Sync);
            await world.Sim.SettledAsync();
            Assert.Equal((2, 3), (world.Service.Active, world.Service.Waiting));
            Assert.Equal(Errno.OK, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
            while (gate.Held.Count > 0)
            {
                gate.Release();
                await world.Sim.SettledAsync();
            }
        }, ServerWorld.Options() with { MaxActive = 3, HasHighPriorityQueue = true },
            target => target.Handle(OstOpcode.Sync, gate.Handler()));
    }

    [Fact]
    public void More_requests_than_may_be_in_hand_are_dropped()
    {
        var gate = new Gate();
        ServerWorld.Run(async world =>
        {
            for (int i = 0; i < 10; i++)
                world.Client.Send(OstOpcode.Sync);
            await world.Sim.SettledAsync();
            Assert.Equal(6, world.Service.Dropped);
            Assert.Equal(4, world.Service.Active + world.Service.Waiting);
            while (gate.Held.Count > 0)
            {
                gate.Release();
                await world.Sim.SettledAsync();
            }
        }, ServerWorld.Options() with { MaxActive = 1, MaxRequests = 4 },
            target => target.Handle(OstOpcode.Sync, gate.Handler()));
    }

    [Fact]
    public void A_request_whose_deadline_passed_in_the_queue_is_not_begun()
    {
        var gate = new Gate();
        ServerWorld.Run(async world =>
        {
            world.Client.Send(OstOpcode.Sync);
            ScriptedExchange late = world.Client.Send(OstOpcode.Sync);
            await world.Sim.SettledAsync();
            await world.Sim.Delay(TimeSpan.FromSeconds(101));   // obd_timeout: these clients know no adaptive timeouts
            gate.Release();
            await world.Sim.SettledAsync();
            Assert.Single(gate.Order);
            Assert.False(late.IsAnswered);
        }, ServerWorld.Options() with { MaxActive = 1 }, target => target.Handle(OstOpcode.Sync, gate.Handler()));
    }

    [Fact]
    public void A_slow_request_gets_early_replies_and_its_reply_behind_them()
    {
        var gate = new Gate();
        ServerWorld.Run(async world =>
        {
            world.Client.EarlyReplies = true;
            ScriptedExchange slow = world.Client.Send(OstOpcode.Sync);      // gives 20 seconds
            await world.Sim.Delay(TimeSpan.FromSeconds(14));
            Assert.Empty(slow.Earlies);
            await world.Sim.Delay(TimeSpan.FromSeconds(3));
            ScriptedReply early = Assert.Single(slow.Earlies);
            Assert.Equal(0, early.Offset);
            Assert.Equal(MessageChecksum.Of(early.Buffer(0)), early.Checksum);
            Assert.InRange(early.Body.Timeout, 40u, 50u);       // the time passed and at_extra
            await world.Sim.Delay(TimeSpan.FromSeconds(30));
            Assert.Equal(2, slow.Earlies.Count);
            gate.Release();
            ScriptedReply reply = await slow.Reply;
            Assert.Equal(LustreMessage.EarlySize, reply.Offset);
            Assert.InRange(reply.Body.ServiceTime, 46u, 48u);
        }, handlers: target => target.Handle(OstOpcode.Sync, gate.Handler()));
    }

    [Fact]
    public void A_client_that_knows_no_early_replies_gets_none()
    {
        var gate = new Gate();
        ServerWorld.Run(async world =>
        {
            ScriptedExchange slow = world.Client.Send(OstOpcode.Sync);
            await world.Sim.Delay(TimeSpan.FromSeconds(90));
            Assert.False(slow.IsAnswered);
            gate.Release();
            Assert.Equal(0, (await slow.Reply).Offset);
            Assert.Equal(1, slow.Replies);
        }, handlers: target => target.Handle(OstOpcode.Sync, gate.Handler()));
    }

    [Fact]
    public void A_difficult_reply_lets_its_locks_go_when_the_client_acknowledges()
    {
        var released = new List<TimeSpan>();
        ServerWorld.Run(async world =>
        {
            await world.Client.CallAsync(OstOpcode.Sync);
            await world.Sim.SettledAsync();
            Assert.Single(released);
        }, handlers: target => target.Handle(OstOpcode.Sync, new OpcodeHandler(
            null, LustreMsgVersion.OST_VERSION, HandlerFlags.None, (request, _) =>
            {
                request.SavedLocks = new SavedLocks(() => released.Add(request.Service.Context.Uptime));
                return new(Errno.OK);
            })));
    }

    [Fact]
    public void A_silent_client_is_evicted_and_one_that_pings_is_not() => ServerWorld.Run(async world =>
    {
        ScriptedClient lively = world.NewClient("lively");
        world.Others.Add(lively);
        await lively.ConnectAsync(ServerWorld.Asked);
        for (int i = 0; i < 8; i++)
        {
            await world.Sim.Delay(TimeSpan.FromSeconds(25));
            Assert.Equal(Errno.OK, (await lively.CallAsync(ObdOpcode.Ping)).Error);
        }
        Assert.Equal(Errno.ENOTCONN, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
        Assert.Equal(1, world.Target.ExportCount);
    });

    [Fact]
    public void When_nobody_was_heard_the_network_is_given_time_to_come_back() => ServerWorld.Run(async world =>
    {
        await world.Sim.Delay(TimeSpan.FromSeconds(200));
        Assert.Equal(Errno.OK, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
        await world.Sim.Delay(TimeSpan.FromSeconds(400));
        Assert.Equal(Errno.ENOTCONN, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
    });

    [Fact]
    public void After_a_standstill_of_the_server_clients_have_all_their_time() => ServerWorld.Run(async world =>
    {
        ScriptedClient lively = world.NewClient("lively");
        world.Others.Add(lively);
        await lively.ConnectAsync(ServerWorld.Asked);
        world.Sim.Scheduler.StandStill(TimeSpan.FromSeconds(500));
        // The network is not to blame: one is heard at once.
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(Errno.OK, (await lively.CallAsync(ObdOpcode.Ping)).Error);
            await world.Sim.Delay(TimeSpan.FromSeconds(25));
        }
        Assert.Equal(Errno.OK, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
        for (int i = 0; i < 8; i++)
        {
            await world.Sim.Delay(TimeSpan.FromSeconds(25));
            Assert.Equal(Errno.OK, (await lively.CallAsync(ObdOpcode.Ping)).Error);
        }
        Assert.Equal(Errno.ENOTCONN, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
    });

    [Fact]
    public void The_oldest_reply_goes_when_a_client_never_says_what_it_has()
    {
        var cache = new ReplyCache();
        for (ulong xid = 1; xid <= ReplyCache.MaxReplies + 5; xid++)
            cache.Add(xid, [1]);
        Assert.Equal(ReplyCache.MaxReplies, cache.Count);
        Assert.False(cache.TryGet(5, out _));
        Assert.True(cache.TryGet(6, out _));
        cache.Prune(ReplyCache.MaxReplies);
        Assert.Equal(5, cache.Count);
    }
}
