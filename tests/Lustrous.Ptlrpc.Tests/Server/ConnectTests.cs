using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ptlrpc.Tests.Server;

public class ConnectTests
{
    [Fact]
    public void A_reply_never_has_a_flag_that_was_not_asked_for() => ServerWorld.Run(async world =>
    {
        ScriptedReply reply = await world.Client.ConnectAsync(new ObdConnectData
        {
            ConnectFlags = ConnectFlags.FULL20 | ConnectFlags.FLAGS2 | ConnectFlags.LRU_RESIZE,
            ConnectFlags2 = ConnectFlags2.REP_MBITS | ConnectFlags2.INC_XID,
        });
        Assert.Equal(Errno.OK, reply.Error);
        Assert.Equal(ConnectFlags.FULL20 | ConnectFlags.FLAGS2, reply.ConnectData.ConnectFlags);
        Assert.Equal(ConnectFlags2.REP_MBITS, reply.ConnectData.ConnectFlags2);
        Assert.Equal(3u, reply.ConnectData.Instance);
        Assert.NotEqual(0u, (uint)(reply.Body.Handle.Cookie >> 32));
        Assert.Equal(PtlrpcMessageType.Reply, reply.Body.Type);
        Assert.Equal((uint)OstOpcode.Connect, reply.Body.Opcode);
    }, connect: false);

    [Fact]
    public void The_second_word_of_flags_counts_only_with_FLAGS2()
    {
        ObdConnectData asked = ServerWorld.Asked with { ConnectFlags2 = ConnectFlags2.REP_MBITS };
        ObdConnectData reply = ConnectResult.Negotiate(asked, ServerWorld.Supported);
        Assert.Equal(default, reply.ConnectFlags2);
        Assert.Equal(default, new ConnectResult(reply).Flags2);
    }

    [Theory]
    [InlineData(1u << 20, 1u << 20)]
    [InlineData(16u << 20, 4u << 20)]
    [InlineData(0u, 0u)]
    [InlineData(100u, 0u)]
    public void The_bulk_size_is_the_smaller_one_and_never_below_a_page(uint asked, uint granted)
    {
        ObdConnectData reply = ConnectResult.Negotiate(
            ServerWorld.Asked with { BrwSize = asked }, ServerWorld.Supported);
        Assert.Equal(granted, reply.BrwSize);
        Assert.Equal(granted != 0, reply.ConnectFlags.HasFlag(ConnectFlags.BRW_SIZE));
    }

    [Fact]
    public void Checksums_are_granted_only_with_a_type_in_common()
    {
        ObdConnectData asked = ServerWorld.Asked with
        {
            ConnectFlags = ConnectFlags.CKSUM,
            ChecksumTypes = ChecksumTypes.CRC32 | ChecksumTypes.CRC32C,
        };
        Assert.Equal(ChecksumTypes.CRC32C, ConnectResult.Negotiate(asked, ServerWorld.Supported).ChecksumTypes);
        asked.ChecksumTypes = ChecksumTypes.CRC32;
        Assert.Equal(default, ConnectResult.Negotiate(asked, ServerWorld.Supported).ConnectFlags);
    }

    [Fact]
    public void Who_asks_for_an_unknown_target_gets_ENODEV() => ServerWorld.Run(async world =>
    {
        ScriptedReply reply = await world.Client.ConnectAsync(ServerWorld.Asked, "lustre-OST0007_UUID");
        Assert.Equal(Errno.ENODEV, reply.Error);
        Assert.Equal(PtlrpcMessageType.Err, reply.Body.Type);
        Assert.Equal(0, world.Target.ExportCount);
    }, connect: false);

    [Fact]
    public void A_client_without_FULL20_is_refused() => ServerWorld.Run(async world =>
    {
        var asked = new ObdConnectData { ConnectFlags = ConnectFlags.VERSION };
        ScriptedReply reply = await world.Client.ConnectAsync(asked);
        Assert.Equal(Errno.EPROTO, reply.Error);
        Assert.Equal(0, world.Target.ExportCount);
    }, connect: false);

    public static TheoryData<int, Errno> Cut => new()
    {
        { 0, Errno.EINVAL }, { 1, Errno.EINVAL }, { 2, Errno.EPROTO }, { 3, Errno.EPROTO },
    };

    [Theory, MemberData(nameof(Cut))]
    public void A_connect_that_lacks_a_field_is_refused(int fields, Errno expected) => ServerWorld.Run(async world =>
    {
        byte[][] all =
        [
            ScriptedClient.Text("echo-OST0000_UUID"), ScriptedClient.Text("client-1"), ScriptedClient.Bytes(1UL),
            ScriptedClient.Bytes(ServerWorld.Asked), [],
        ];
        ScriptedReply reply = await world.Client.CallAsync(OstOpcode.Connect, null, all[..fields]);
        Assert.Equal(expected, reply.Error);
    }, connect: false);

    [Fact]
    public void The_short_connect_data_of_an_old_client_is_understood() => ServerWorld.Run(async world =>
    {
        byte[] data = ScriptedClient.Bytes(ServerWorld.Asked)[..72];
        ScriptedReply reply = await world.Client.CallAsync(
            OstOpcode.Connect, null, ScriptedClient.Text("echo-OST0000_UUID"), ScriptedClient.Text("old"),
            ScriptedClient.Bytes(1UL), data);
        Assert.Equal(Errno.OK, reply.Error);
        Assert.Equal(ServerWorld.Asked.ConnectFlags, reply.ConnectData.ConnectFlags);
    }, connect: false);

    [Fact]
    public void Overlong_connect_data_is_refused() => ServerWorld.Run(async world =>
    {
        ScriptedReply reply = await world.Client.CallAsync(
            OstOpcode.Connect, null, ScriptedClient.Text("echo-OST0000_UUID"), ScriptedClient.Text("fat"),
            ScriptedClient.Bytes(1UL), new byte[8 * 192 + 8]);
        Assert.Equal(Errno.EPROTO, reply.Error);
    }, connect: false);

    [Fact]
    public void A_reconnect_keeps_the_export_and_says_so() => ServerWorld.Run(async world =>
    {
        ulong handle = world.Client.Handle;
        world.Client.ConnectCount = 2;
        ScriptedReply reply = await world.Client.ConnectAsync(ServerWorld.Asked, flags: 0);
        Assert.Equal(Errno.OK, reply.Error);
        Assert.Equal(handle, reply.Body.Handle.Cookie);
        Assert.True(reply.Body.OpFlags.HasFlag(MsgConnectFlags.RECONNECT));
        Assert.Equal(2u, world.Exports.Find(handle)!.ConnectCount);
        Assert.Equal(1, world.Target.ExportCount);
    });

    [Fact]
    public void A_reconnect_of_an_older_connection_is_refused() => ServerWorld.Run(async world =>
    {
        world.Client.ConnectCount = 5;
        Assert.Equal(Errno.OK, (await world.Client.ConnectAsync(ServerWorld.Asked, flags: 0)).Error);
        world.Client.ConnectCount = 5;
        Assert.Equal(Errno.EALREADY, (await world.Client.ConnectAsync(ServerWorld.Asked, flags: 0)).Error);
    });

    [Fact]
    public void Another_client_of_the_same_uuid_is_refused() => ServerWorld.Run(async world =>
    {
        ScriptedClient twin = world.NewClient("client-1");
        twin.OwnHandle = 99;
        world.Others.Add(twin);
        Assert.Equal(Errno.EALREADY, (await twin.ConnectAsync(ServerWorld.Asked)).Error);
        Assert.Equal(Errno.OK, (await world.Client.CallAsync(ObdOpcode.Ping)).Error);
    });

    [Fact]
    public void The_next_life_of_a_server_replaces_its_former_one() => ServerWorld.Run(async world =>
    {
        ObdConnectData asked = ServerWorld.Asked;
        asked.ConnectFlags |= ConnectFlags.MDS;
        ScriptedClient mds = world.NewClient("mds");
        world.Others.Add(mds);
        await mds.ConnectAsync(asked);
        ulong former = mds.Handle;
        mds.OwnHandle = 77;
        mds.Handle = 0;
        Assert.Equal(Errno.OK, (await mds.ConnectAsync(asked)).Error);
        Assert.NotEqual(former, mds.Handle);
        Assert.Null(world.Exports.Find(former));
        Assert.Equal(2, world.Target.ExportCount);
    });

    [Fact]
    public void A_disconnect_is_answered_and_then_the_handle_is_unknown() => ServerWorld.Run(async world =>
    {
        Assert.Equal(Errno.OK, (await world.Client.CallAsync(OstOpcode.Disconnect)).Error);
        Assert.Equal(0, world.Target.ExportCount);
        ScriptedReply reply = await world.Client.CallAsync(ObdOpcode.Ping);
        Assert.Equal(Errno.ENOTCONN, reply.Error);
    });

    [Fact]
    public void A_target_that_accepts_none_for_now_says_EAGAIN() => ServerWorld.Run(async world =>
    {
        world.Target.RefusesConnects = true;
        Assert.Equal(Errno.EAGAIN, (await world.Client.ConnectAsync(ServerWorld.Asked)).Error);
    }, connect: false);

    [Fact]
    public void Hooks_may_refuse_and_cannot_grant_more() => ServerWorld.Run(async world =>
    {
        ScriptedReply reply = await world.Client.ConnectAsync(ServerWorld.Asked);
        Assert.Equal(ServerWorld.Asked.ConnectFlags, reply.ConnectData.ConnectFlags);
        ScriptedClient other = world.NewClient("unwanted");
        world.Others.Add(other);
        Assert.Equal(Errno.EACCES, (await other.ConnectAsync(ServerWorld.Asked)).Error);
        Assert.Equal(1, world.Target.ExportCount);
    }, connect: false, hooks: new Hooks());

    [Fact]
    public void A_client_known_from_the_last_life_gets_its_cookie_back() => ServerWorld.Run(async world =>
    {
        ScriptedClient known = world.NewClient("known");
        world.Others.Add(known);
        known.ConnectCount = 9;
        ScriptedReply reply = await known.ConnectAsync(ServerWorld.Asked);
        Assert.Equal(0xC00C1EUL, reply.Body.Handle.Cookie);
        Assert.True(reply.Body.OpFlags.HasFlag(MsgConnectFlags.RECONNECT));
    }, hooks: new Hooks());

    sealed class Hooks : IServiceTargetHooks
    {
        public Errno Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply)
        {
            reply.ConnectFlags |= ConnectFlags.PINGLESS;
            return export.ClientUuid == "unwanted" ? Errno.EACCES : Errno.OK;
        }

        public void Connected(Export export, bool isReconnect)
        {
        }

        public void Disconnected(Export export, bool isEviction)
        {
        }

        public ulong KnownCookie(string clientUuid, ulong remoteHandle) => clientUuid == "known" ? 0xC00C1EUL : 0;
    }
}
