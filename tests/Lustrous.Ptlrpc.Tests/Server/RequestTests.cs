using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ptlrpc.Tests.Server;

public class RequestTests
{
    [Fact]
    public void A_ping_gets_an_empty_reply() => ServerWorld.Run(async world =>
    {
        ScriptedReply reply = await world.Client.CallAsync(ObdOpcode.Ping);
        Assert.Equal(Errno.OK, reply.Error);
        Assert.Equal(PtlrpcMessageType.Reply, reply.Body.Type);
        Assert.Equal((uint)ObdOpcode.Ping, reply.Body.Opcode);
        Assert.Equal((uint)LustreMsgVersion.PTLRPC_MSG_VERSION, reply.Body.Version);
        Assert.Equal(LustreMessage.EarlySize, reply.Bytes.Length);
        Assert.Equal(0, reply.Offset);
        Assert.Equal(1u, reply.Body.ServiceTime);
        Assert.NotEqual(0u, reply.Body.Timeout);
    });

    [Fact]
    public void A_ping_with_an_unknown_handle_gets_ENOTCONN() => ServerWorld.Run(async world =>
    {
        world.Client.Handle ^= 1;
        ScriptedReply reply = await world.Client.CallAsync(ObdOpcode.Ping);
        Assert.Equal(Errno.ENOTCONN, reply.Error);
        Assert.Equal(PtlrpcMessageType.Err, reply.Body.Type);
    });

    [Fact]
    public void An_unknown_opcode_is_refused_and_never_met_with_silence() => ServerWorld.Run(async world =>
    {
        ScriptedReply reply = await world.Client.CallAsync(MdsOpcode.Rmfid);
        Assert.Equal(Errno.EOPNOTSUPP, reply.Error);
        Assert.Equal(PtlrpcMessageType.Err, reply.Body.Type);
    });

    [Fact]
    public void A_request_of_another_services_version_gets_EINVAL() => ServerWorld.Run(async world =>
    {
        ScriptedReply reply = await world.Client.CallAsync(OstOpcode.Read, (ref PtlrpcBodyV3 body) =>
            body.Version = (uint)LustreMsgVersion.PTLRPC_MSG_VERSION | (uint)LustreMsgVersion.MDS_VERSION);
        Assert.Equal(Errno.EINVAL, reply.Error);
        Assert.Equal(0, world.Executed);
    });

    public static TheoryData<string, Func<byte[], byte[]>> Broken => new()
    {
        { "nothing", _ => [] },
        { "half a header", bytes => bytes[..20] },
        { "wrong magic", bytes => Write(bytes, 8, 0x0BD00BD4) },
        { "no buffers", bytes => Write(bytes, 0, 0) },
        { "33 buffers", bytes => Write(bytes, 0, 33) },
        { "a buffer beyond the end", bytes => Write(bytes, 32, 4000) },
        { "a negative length", bytes => Write(bytes, 32, 0xfffffff0) },
        { "a security flavour", bytes => Write(bytes, 4, 0x30) },
        { "a short body", bytes => Write(bytes, 32, 100) },
        { "type reply", bytes => Write(bytes, 40 + 8, 4713) },
        { "message version 4", bytes => Write(bytes, 40 + 12, 0x30004) },
    };

    [Theory, MemberData(nameof(Broken))]
    public void A_broken_request_is_dropped_and_harms_nobody(string what, Func<byte[], byte[]> damage) =>
        ServerWorld.Run(async world =>
        {
            byte[] bytes = damage(world.Client.Build(ObdOpcode.Ping, null, [], out ulong xid));
            ScriptedExchange exchange = world.Client.SendBytes(bytes, xid);
            await world.Sim.SettledAsync();
            Assert.False(exchange.IsAnswered, what);
            Assert.Equal(1, world.Service.Dropped);
            Assert.Equal(Errno.OK, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
        });

    [Fact]
    public void Random_bytes_are_dropped_and_harm_nobody() => ServerWorld.Run(async world =>
    {
        for (ulong i = 0; i < 300; i++)
        {
            byte[] bytes = world.Client.Build(ObdOpcode.Ping, null, [new byte[24]], out ulong xid);
            for (int n = 1 + world.Sim.Random.Next(8); n > 0; n--)
                bytes[world.Sim.Random.Next(bytes.Length)] = (byte)world.Sim.Random.Next(256);
            world.Client.SendBytes(bytes, xid);
        }
        await world.Sim.SettledAsync();
        ScriptedClient other = world.NewClient("other");
        world.Others.Add(other);
        Assert.Equal(Errno.OK, (await other.ConnectAsync(ServerWorld.Asked)).Error);
        Assert.Equal(Errno.OK, (await other.CallAsync(ObdOpcode.Ping)).Error);
    });

    [Fact]
    public void A_request_that_gives_no_time_is_dropped() => ServerWorld.Run(async world =>
    {
        world.Client.EarlyReplies = true;
        ScriptedExchange exchange = world.Client.Send(ObdOpcode.Ping, (ref PtlrpcBodyV3 body) => body.Timeout = 0);
        await world.Sim.SettledAsync();
        Assert.False(exchange.IsAnswered);
    });

    [Fact]
    public void A_request_of_an_older_connection_is_dropped() => ServerWorld.Run(async world =>
    {
        world.Client.ConnectCount = 4;
        await world.Client.ConnectAsync(ServerWorld.Asked, flags: 0);
        ScriptedExchange late = world.Client.Send(
            OstOpcode.Read, (ref PtlrpcBodyV3 body) => body.ConnectionCount = 1);
        await world.Sim.SettledAsync();
        Assert.False(late.IsAnswered);
        Assert.Equal(0, world.Executed);
    });

    [Fact]
    public void A_replay_without_recovery_costs_the_client_its_connection() => ServerWorld.Run(async world =>
    {
        ScriptedReply reply = await world.Client.CallAsync(
            OstOpcode.Read, (ref PtlrpcBodyV3 body) => body.Transno = 17);
        Assert.Equal(Errno.ENODEV, reply.Error);
        Assert.Equal(Errno.ENOTCONN, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
    });

    [Fact]
    public void A_read_only_client_may_not_change_anything() => ServerWorld.Run(async world =>
    {
        ObdConnectData asked = ServerWorld.Asked;
        asked.ConnectFlags |= ConnectFlags.RDONLY;
        await world.Client.ConnectAsync(asked);
        ScriptedReply reply = await world.Client.CallAsync(OstOpcode.Read);
        Assert.Equal(Errno.EROFS, reply.Error);
        Assert.Equal(PtlrpcMessageType.Reply, reply.Body.Type);
    }, connect: false);

    [Fact]
    public void With_REP_MBITS_the_reply_goes_to_the_match_bits_of_the_body() => ServerWorld.Run(async world =>
    {
        await world.Client.ConnectAsync(new ObdConnectData
        {
            ConnectFlags = ConnectFlags.FULL20 | ConnectFlags.FLAGS2,
            ConnectFlags2 = ConnectFlags2.REP_MBITS,
        });
        byte[] bytes = world.Client.Build(
            ObdOpcode.Ping, (ref PtlrpcBodyV3 body) => body.MatchBits = 0xABCDE, [], out ulong xid);
        ScriptedExchange exchange = world.Client.SendBytes(bytes, xid, replyMatchBits: 0xABCDE);
        Assert.Equal(Errno.OK, (await exchange.Reply).Error);
    }, connect: false);

    [Fact]
    public void A_positive_status_reaches_the_client() => ServerWorld.Run(async world =>
    {
        ScriptedReply reply = await world.Client.CallAsync(OstOpcode.Read);
        Assert.Equal(1, reply.Body.Status);
        Assert.Equal(2, (await world.Client.CallAsync(OstOpcode.Read)).Body.Status);
    });

    [Fact]
    public void A_handler_that_throws_costs_one_request_only() => ServerWorld.Run(async world =>
    {
        Assert.Equal(Errno.EIO, (await world.Client.CallAsync(OstOpcode.Getattr)).Error);
        Assert.Equal(Errno.EIO, (await world.Client.CallAsync(OstOpcode.Sync)).Error);
        Assert.Equal(Errno.OK, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
    }, handlers: target =>
    {
        target.Handle(OstOpcode.Getattr, Handler((_, _) => throw new InvalidOperationException("at once")));
        target.Handle(OstOpcode.Sync, Handler(async (request, cancel) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), request.Service.Context.Clock, cancel);
            throw new InvalidOperationException("later");
        }));
    });

    [Fact]
    public void A_broken_invariant_stops_its_target() => ServerWorld.Run(async world =>
    {
        Assert.Equal(Errno.EIO, (await world.Client.CallAsync(OstOpcode.Getattr)).Error);
        Assert.True(world.Target.IsFailed);
        Assert.Equal(Errno.ENODEV, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
    }, handlers: target => target.Handle(OstOpcode.Getattr, Handler((_, _) =>
    {
        Lassert.That(1 + 1 == 3);
        return default;
    })));

    [Fact]
    public void Errors_of_every_day_are_replies_and_others_are_errors() => ServerWorld.Run(async world =>
    {
        Assert.Equal(PtlrpcMessageType.Reply, (await world.Client.CallAsync(OstOpcode.Getattr)).Body.Type);
        Assert.Equal(PtlrpcMessageType.Err, (await world.Client.CallAsync(OstOpcode.Sync)).Body.Type);
    }, handlers: target =>
    {
        target.Handle(OstOpcode.Getattr, Handler((_, _) => new(Errno.ENOENT)));
        target.Handle(OstOpcode.Sync, Handler((_, _) => new(Errno.EBADF)));
    });

    [Fact]
    public void An_oversized_request_does_not_match_and_a_full_buffer_is_used_again() => ServerWorld.Run(async world =>
    {
        ScriptedExchange big = world.Client.Send(ObdOpcode.Ping, null, new byte[40 << 10]);
        for (int i = 0; i < 500; i++)
            Assert.Equal(Errno.OK, (await world.Client.CallAsync(ObdOpcode.Ping, null, new byte[4000])).Error);
        Assert.Equal(0, world.Service.Active);
        _ = big;
    });

    static OpcodeHandler Handler(RequestHandler act) => new(null, LustreMsgVersion.OST_VERSION, HandlerFlags.None, act);

    static byte[] Write(byte[] bytes, int offset, uint value)
    {
        BitConverter.TryWriteBytes(bytes.AsSpan(offset), value);
        return bytes;
    }
}
