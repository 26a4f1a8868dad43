using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Oss.Tests.Support;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;

namespace Lustrous.Oss.Tests;

/// <summary>A full OST, and what clients were promised of it.</summary>
public sealed class SpaceTests
{
    [Fact]
    public void A_full_OST_refuses_new_data_and_takes_what_overwrites() => OssWorld.Run(
        async world =>
        {
            const int piece = 1 << 20;
            var data = new byte[piece];
            uint written = 0;
            Errno status;
            do
            {
                status = (await world.Client.WriteAsync(
                    OssWorld.First, data, false, BrwFlags.ASYNC, (written * (ulong)piece, piece))).Error;
            }
            while (status == Errno.OK && ++written < 100);
            Assert.Equal(Errno.ENOSPC, status);
            Assert.InRange(written, 8U, 32U);
            data.AsSpan().Fill(7);
            Assert.False((await world.Client.WriteAsync(
                OssWorld.First, data, false, BrwFlags.ASYNC, (0, piece))).Failed);
            Assert.Equal(data, (await world.Client.ReadAsync(OssWorld.First, false, 0, (0, piece))).Value.Data);
            // What is destroyed makes room.
            Assert.False((await world.Client.CallAsync(RequestFormats.OstDestroy, Named(OssWorld.First))).Failed);
            Assert.False((await world.Client.WriteAsync(
                OssWorld.Object(2), data, false, BrwFlags.ASYNC, (0, piece))).Failed);
        },
        new() { CapacityBytes = 32 << 20 });

    [Fact]
    public void Statfs_tells_of_the_room() => OssWorld.Run(
        async world =>
        {
            ObdStatfs before = await StatfsAsync(world);
            Assert.Equal(4096U, before.BlockSize);
            await world.Client.WriteAsync(OssWorld.First, new byte[1 << 20], false, BrwFlags.ASYNC, (0, 1 << 20));
            ObdStatfs after = await StatfsAsync(world);
            Assert.True(after.BlocksAvailable + 256 <= before.BlocksAvailable);
            Assert.Equal(before.Blocks, after.Blocks);
        },
        new() { CapacityBytes = 64 << 20 });

    [Fact]
    public void Grant_that_is_given_back_goes_to_others() => OssWorld.Run(
        async world =>
        {
            long granted = world.Oss.Ofd.LuTarget.Grants!.TotalGranted;
            using PtlrpcRequest request = world.Client.Import.NewRequest(RequestFormats.OstSetGrantInfo);
            request.SetSize(Rmf.SetinfoKey, 12);
            request.SetBytes(Rmf.SetinfoKey, "grant_shrink"u8);
            ulong own = world.Client.Import.ConnectData.Grant;
            request.Set(Rmf.OstBody, new OstBody
            {
                Attributes = new Obdo
                {
                    Valid = MdtValid.FLGRANT | MdtValid.FLBLOCKS | MdtValid.FLFLAGS,
                    Flags = ObdoFlags.SHRINK_GRANT,
                    Grant = own,
                },
            });
            Assert.Equal(Errno.OK, await request.SendAsync(default));
            long after = world.Oss.Ofd.LuTarget.Grants!.TotalGranted;
            Assert.True(after == granted - (long)own || after == granted, $"{granted} {after} {own}");
        },
        new() { CapacityBytes = 64 << 20 });

    [Fact]
    public void What_is_promised_is_never_more_than_what_is_free() => OssWorld.Each(
        15,
        async world =>
        {
            var clients = new List<GrantedClient>();
            for (int i = 0; i < 4; i++)
            {
                SimNode node = await world.Sim.AddNodeAsync();
                clients.Add(new GrantedClient(await OstClient.ConnectAsync(node, world.Oss)));
            }
            SeededRandom random = world.Sim.Random;
            for (int step = 0; step < 40; step++)
            {
                var tasks = new List<Task>();
                foreach (GrantedClient client in clients)
                    tasks.Add(client.WriteAsync(OssWorld.Object((uint)random.Next(8) + 1), random));
                await Task.WhenAll(tasks);
                Check(world, clients);
                if (random.Next(4) == 0)
                {
                    Obdo body = Named(OssWorld.Object((uint)random.Next(8) + 1)) with
                    {
                        Valid = MdtValid.FLID | MdtValid.FLSIZE | MdtValid.FLBLOCKS,
                        Blocks = ulong.MaxValue,
                    };
                    Assert.False((await world.Client.CallAsync(RequestFormats.OstPunch, body)).Failed);
                }
            }
            foreach (GrantedClient client in clients)
                await client.Ost.StopAsync();
            await world.Sim.Delay(TimeSpan.FromSeconds(2));
            Assert.Equal(0, world.Oss.Ofd.LuTarget.Grants!.TotalPending);
        },
        new() { CapacityBytes = 48 << 20, CommitDelay = TimeSpan.FromMilliseconds(50) });

    [Fact]
    public void A_write_that_fails_grants_nothing() => OssWorld.Run(async world =>
    {
        long before = world.Oss.Ofd.LuTarget.Grants!.TotalGranted;
        world.Client.Dress = static body => body with
        {
            Valid = body.Valid | MdtValid.FLGRANT | MdtValid.FLBLOCKS,
            Mode = 512 << 20,
            Grant = 0,
        };
        Fid missing = OssWorld.Object(999);
        Assert.Equal(Errno.ENOENT,
            (await world.Client.WriteAsync(missing, new byte[9], true, BrwFlags.ASYNC, (0, 9))).Error);
        Assert.Equal(before, world.Oss.Ofd.LuTarget.Grants!.TotalGranted);
        Obdo reply = (await world.Client.WriteAsync(
            OssWorld.First, new byte[9], true, BrwFlags.ASYNC, (0, 9))).Value;
        Assert.True(reply.Grant > 0);
        Assert.True(world.Oss.Ofd.LuTarget.Grants!.TotalGranted > before);
    });

    static void Check(OssWorld world, List<GrantedClient> clients)
    {
        Target.Grants.GrantTable grants = world.Oss.Ofd.LuTarget.Grants!;
        world.Oss.Storage.Statfs(out ObdStatfs statfs);
        // Pending space is in use already where its transaction only waits for its commit.
        long free = (long)(statfs.BlocksAvailable * statfs.BlockSize);
        Assert.True(grants.TotalGranted - grants.TotalPending <= free,
            $"{grants.TotalGranted} granted, {grants.TotalPending} pending, {free} free");
        Assert.All(clients, static client => Assert.True(client.Grant >= 0));
    }

    static Obdo Named(Fid fid) => new() { ObjectId = new OstId(fid), Valid = MdtValid.FLID | MdtValid.FLGROUP };

    static async Task<ObdStatfs> StatfsAsync(OssWorld world)
    {
        using PtlrpcRequest request = world.Client.Import.NewRequest(RequestFormats.OstStatfs);
        Assert.Equal(Errno.OK, await request.SendAsync(default));
        return request.Get(Rmf.ObdStatfs).Value;
    }

    /// <summary>Dirties only what it has grant for; such writes never fail.</summary>
    sealed class GrantedClient(OstClient ost)
    {
        public OstClient Ost => ost;

        public long Grant { get; private set; } = ost.Import.ConnectData.Grant;

        public async Task WriteAsync(Fid target, SeededRandom random)
        {
            int pages = 1 + random.Next(64);
            int length = pages * 4096;
            ulong offset = (ulong)random.Next(1000) * 4096;
            // Data and what one extent costs beside it.
            long cost = length + ExtentTax;
            bool fromGrant = Grant >= cost;
            if (fromGrant)
                Grant -= cost;
            long has = Grant;
            ost.Dress = body => body with
            {
                Valid = body.Valid | MdtValid.FLGRANT | MdtValid.FLBLOCKS,
                Blocks = fromGrant ? (ulong)length : 0,
                Mode = 16 << 20,
                Grant = (ulong)has,
                DataVersion = fromGrant ? (ulong)cost : 0,
            };
            Result<Obdo> reply = await ost.WriteAsync(
                target, new byte[length], false, BrwFlags.ASYNC | (fromGrant ? BrwFlags.FROM_GRANT : 0),
                (offset, length));
            if (fromGrant)
                Assert.False(reply.Failed, $"{reply.Error} for a write that was granted");
            if (!reply.Failed)
                Grant += (long)reply.Value.Grant;
        }

        const long ExtentTax = 24 << 10;
    }
}
