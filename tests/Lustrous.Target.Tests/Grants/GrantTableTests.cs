using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Simulation;
using Lustrous.Target.Grants;
using Xunit;

namespace Lustrous.Target.Tests.Grants;

/// <summary>Grants: what was promised is there.</summary>
public sealed class GrantTableTests
{
    static NodeContext NewContext(ulong seed) => new(
        TimeProvider.System, new SeededRandom(seed), new NoWork(), new BufferPool(0), NullLogSink.Instance);

    [Fact]
    public async Task A_write_uses_up_its_grant_and_gets_more()
    {
        await using var device = new MemDevice(NewContext(1), new MemDeviceOptions { CapacityBytes = 1 << 30 });
        var table = new GrantTable(device);
        var client = new GrantClient();
        ObdConnectData reply = Connect(2 << 20, ConnectFlags.GRANT_PARAM);
        table.Connect(client, ref reply, isNew: true);
        Assert.Equal((2U << 20, 2L << 20), (reply.Grant, client.Granted));

        NiobufRemote[] buffers = [new() { Offset = 0, Length = 1 << 20, Flags = BrwFlags.FROM_GRANT }];
        const long used = (1 << 20) + (24 << 10);
        Obdo body = Announce(dirty: used, undirty: 32 << 20, grant: (2 << 20) - used, used);
        long pending = table.PrepareWrite(client, ref body, buffers);
        Assert.Equal(used, pending);
        Assert.Equal(BrwFlags.FROM_GRANT | BrwFlags.GRANTED, buffers[0].Flags);
        Assert.True(body.Grant > 0);
        Assert.Equal((2 << 20) - used + (long)body.Grant, client.Granted);
        Assert.Equal((0, used), (client.Dirty, client.Pending));
        table.Commit(client, pending, Errno.OK);
        Assert.Equal((client.Granted, 0), (table.TotalGranted, table.TotalPending));
    }

    [Fact]
    public async Task What_a_failed_write_was_promised_is_taken_back_unless_a_connect_has_told_the_client()
    {
        await using var device = new MemDevice(NewContext(1), new MemDeviceOptions { CapacityBytes = 1 << 30 });
        var table = new GrantTable(device);
        var client = new GrantClient();
        foreach (bool reconnects in (bool[])[false, true])
        {
            ObdConnectData reply = Connect(2 << 20, ConnectFlags.GRANT_PARAM);
            table.Connect(client, ref reply, isNew: true);
            NiobufRemote[] buffers = [new() { Offset = 0, Length = 1 << 20, Flags = BrwFlags.FROM_GRANT }];
            const long used = (1 << 20) + (24 << 10);
            Obdo body = Announce(dirty: used, undirty: 32 << 20, grant: client.Granted - used, used);
            int agreement = client.Agreements;
            long before = client.Granted;
            long pending = table.PrepareWrite(client, ref body, buffers);
            Assert.True(body.Grant > 0);
            if (reconnects)
                table.Connect(client, ref reply, isNew: false);
            long told = reply.Grant;
            table.Commit(client, pending, Errno.EIO);
            table.TakeBack(client, body, agreement);
            Assert.Equal(reconnects ? told : before - used, client.Granted);
            Assert.Equal(client.Granted, table.TotalGranted);
        }
    }

    [Fact]
    public async Task Without_room_only_what_was_granted_gets_through()
    {
        await using var device = new MemDevice(NewContext(1), new MemDeviceOptions { CapacityBytes = 4 << 20 });
        var table = new GrantTable(device);
        var client = new GrantClient();
        var greedy = new GrantClient();
        ObdConnectData reply = Connect(1 << 20, 0);
        table.Connect(client, ref reply, isNew: true);
        for (int i = 0; i < 100; i++)
        {
            ObdConnectData more = Connect(64 << 20, 0);
            table.Connect(greedy, ref more, isNew: false);
        }
        Assert.True(table.TotalGranted <= 4 << 20);

        NiobufRemote[] buffers =
        [
            new() { Offset = 0, Length = 4096, Flags = BrwFlags.FROM_GRANT },
            new() { Offset = 8192, Length = 1 << 20 },
        ];
        Obdo body = Announce(4096, 0, 0, 0);
        long pending = table.PrepareWrite(client, ref body, buffers);
        Assert.Equal(BrwFlags.GRANTED, buffers[0].Flags & BrwFlags.GRANTED);
        Assert.Equal(default, buffers[1].Flags & BrwFlags.GRANTED);
        Assert.Equal(4096, pending);
        Assert.True(table.WantsSync(client, buffers));
        table.Commit(client, pending, Errno.OK);
        Assert.False(table.WantsSync(client, buffers));
    }

    [Fact]
    public async Task Grant_is_taken_back_where_space_is_short()
    {
        await using var device = new MemDevice(NewContext(1), new MemDeviceOptions { CapacityBytes = 64 << 20 });
        var table = new GrantTable(device);
        var client = new GrantClient();
        for (int i = 0; i < 20; i++)
        {
            ObdConnectData reply = Connect(60 << 20, ConnectFlags.GRANT_PARAM);
            table.Connect(client, ref reply, isNew: false);
        }
        long before = client.Granted;
        Assert.True(before > 32 << 20);
        Obdo body = Announce(0, 0, 10 << 20, 0) with { Flags = ObdoFlags.SHRINK_GRANT };
        body.Valid |= MdtValid.FLFLAGS;
        table.PrepareRead(client, ref body);
        Assert.Equal(before - (10 << 20), client.Granted);
        Assert.Equal(0UL, body.Grant);      // accepted
        Assert.Equal(client.Granted, table.TotalGranted);
    }

    [Fact]
    public async Task Precreation_has_room_of_its_own()
    {
        await using var device = new MemDevice(NewContext(1), new MemDeviceOptions { CapacityBytes = 4 << 20 });
        var table = new GrantTable(device);
        int count = 100;
        Result<long> pending = table.Create(ref count);
        Assert.Equal((100, 100 * 1024), (count, pending.Value));
        table.Commit(table.Self, pending.Value, Errno.OK);
        count = 20000;
        pending = table.Create(ref count);
        Assert.InRange(count, 1, 4096);
        table.Commit(table.Self, pending.Value, Errno.OK);
        Assert.Equal(table.Self.Granted, table.TotalGranted);
    }

    [Fact]
    public void Numbers_of_a_hostile_client_do_no_harm() => Seeds.Each(50, seed =>
    {
        using var device = new DisposableDevice(NewContext(seed), 16 << 20);
        var table = new GrantTable(device.Device);
        var random = new SeededRandom(seed);
        var client = new GrantClient();
        ObdConnectData reply = Connect(uint.MaxValue, seed % 2 == 0 ? ConnectFlags.GRANT_PARAM : 0);
        table.Connect(client, ref reply, isNew: true);
        for (int i = 0; i < 200; i++)
        {
            var body = new Obdo
            {
                Valid = MdtValid.FLBLOCKS | MdtValid.FLGRANT | MdtValid.FLFLAGS,
                Blocks = Wild(random),
                Grant = Wild(random),
                Mode = (uint)Wild(random),
                Misc = (uint)Wild(random),
                DataVersion = Wild(random),
                Flags = (ObdoFlags)(random.NextUInt64() & (ulong)ObdoFlags.SHRINK_GRANT),
            };
            NiobufRemote[] buffers =
            [
                new() { Offset = Wild(random), Length = (uint)Wild(random), Flags = (BrwFlags)random.Next(128) },
            ];
            table.Commit(client, table.PrepareWrite(client, ref body, buffers), Errno.OK);
            Assert.True(client is { Granted: >= 0, Dirty: >= 0, Pending: 0 }, $"seed {seed}");
            Assert.True(table.TotalGranted == client.Granted && table.TotalDirty == client.Dirty, $"seed {seed}");
            Assert.True(table.TotalGranted <= 16 << 20, $"seed {seed}");
        }
    });

    [Fact]
    public void What_is_granted_can_always_be_written() => Seeds.Each(60, seed => new GrantRun(seed).Run());

    internal static ObdConnectData Connect(uint grant, ConnectFlags flags) => new()
    {
        ConnectFlags = ConnectFlags.GRANT | ConnectFlags.BRW_SIZE | flags,
        Grant = grant,
        BrwSize = 1 << 20,
    };

    internal static Obdo Announce(long dirty, long undirty, long grant, long used) => new()
    {
        Valid = MdtValid.FLBLOCKS | MdtValid.FLGRANT,
        Blocks = (ulong)dirty,
        Mode = (uint)undirty,
        Grant = (ulong)grant,
        DataVersion = (ulong)used,
    };

    internal static NodeContext ContextOf(ulong seed) => NewContext(seed);

    static ulong Wild(SeededRandom random) => random.NextUInt64() >> random.Next(64);

    sealed class NoWork : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) => work(state);
    }

    sealed class DisposableDevice(NodeContext context, long capacity) : IDisposable
    {
        public MemDevice Device { get; } = new(context, new MemDeviceOptions { CapacityBytes = capacity });

        public void Dispose() => Device.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
