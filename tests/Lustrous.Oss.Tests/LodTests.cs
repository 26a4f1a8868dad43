using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Mds.Lod;
using Lustrous.Osd.Mem;
using Lustrous.Oss.Tests.Support;
using Lustrous.Simulation;

namespace Lustrous.Oss.Tests;

/// <summary>Layouts of new files, and the objects behind them.</summary>
public sealed class LodTests
{
    static readonly Fid s_file = new(0x200000402, 5);

    [Fact]
    public void Files_go_to_the_OSTs_in_turn() => Run(4, async world =>
    {
        var used = new List<uint>();
        for (uint i = 0; i < 8; i++)
        {
            LovEa layout = Parse(await world.Mdt.CreateFileAsync(new Fid(0x200000402, i + 1)));
            Assert.Equal((LovMagic.V1, LovPattern.RAID0, 1U << 20, (ushort)1),
                (layout.Magic, layout.Pattern, layout.StripeSize, layout.StripeCount));
            Assert.Equal((ulong)i + 1, layout.FileId.FirstWord);
            Assert.Equal(0x200000402UL, layout.FileId.SecondWord);
            LovOstDataV1 item = Assert.Single(layout.Objects);
            Assert.True(world.Storage(item.Index).Locate(item.ObjectId.FidView).Exists);
            Assert.True(item.ObjectId.FidView.IsNormal);
            used.Add(item.Index);
        }
        Assert.Equal([0, 1, 2, 3, 0, 1, 2, 3], used);
    });

    [Fact]
    public void A_file_gets_the_stripes_it_asks_for() => Run(4, async world =>
    {
        LovEa all = Parse(await world.Mdt.CreateFileAsync(s_file, new LovUserEa
        {
            StripeCount = LovUserEa.AllStripes,
            StripeSize = 4 << 20,
            Magic = LovUserMagic.V3,
            PoolName = "flash",
        }));
        Assert.Equal((LovMagic.V3, "flash", 4U << 20), (all.Magic, all.PoolName, all.StripeSize));
        Assert.Equal([0U, 1, 2, 3], all.Objects.Select(static item => item.Index).Order().ToArray());

        LovEa offset = Parse(await world.Mdt.CreateFileAsync(
            s_file, new LovUserEa { StripeCount = 2, StripeOffset = 3 }));
        Assert.Equal([3U, 0], offset.Objects.Select(static item => item.Index).ToArray());

        LovEa listed = Parse(await world.Mdt.CreateFileAsync(s_file, new LovUserEa
        {
            Magic = LovUserMagic.SPECIFIC,
            StripeCount = 3,
            Osts = [2, 0, 3],
        }));
        Assert.Equal([2U, 0, 3], listed.Objects.Select(static item => item.Index).ToArray());
        LovEa most = Parse(await world.Mdt.CreateFileAsync(s_file, new LovUserEa { StripeCount = 50 }));
        Assert.Equal(4, most.Objects.Count);
    });

    [Fact]
    public void What_the_file_does_not_say_its_directory_does() => Run(4, async world =>
    {
        var directory = new LovUserEa
        {
            StripeCount = 3,
            StripeSize = 2 << 20,
            Magic = LovUserMagic.V3,
            PoolName = "p",
        };
        LovEa layout = Parse(await world.Mdt.CreateFileAsync(s_file, new LovUserEa { StripeCount = 2 }, directory));
        Assert.Equal((2, 2U << 20, "p"), (layout.Objects.Count, layout.StripeSize, layout.PoolName));
        Assert.Equal(3, Parse(await world.Mdt.CreateFileAsync(s_file, inherited: directory)).Objects.Count);
    });

    [Fact]
    public void What_cannot_be_is_refused() => Run(2, async world =>
    {
        MdtServer mdt = world.Mdt;
        Assert.Equal(Errno.EINVAL, (await mdt.CreateFileAsync(s_file, new LovUserEa { StripeOffset = 9 })).Error);
        Assert.Equal(Errno.EINVAL, (await mdt.CreateFileAsync(s_file, new LovUserEa { StripeSize = 5000 })).Error);
        Assert.Equal(Errno.ENODEV, (await mdt.CreateFileAsync(s_file, Listed(0, 7))).Error);
        Assert.Equal(Errno.EINVAL, (await mdt.CreateFileAsync(s_file, Listed(1, 1))).Error);
        Assert.Equal(Errno.EINVAL, mdt.Lod.CheckDirectoryDefault(new byte[40]).Error);
        Assert.Empty(mdt.Lod.CheckDirectoryDefault(new LovUserEa().ToArray()).Value);
        byte[] kept = mdt.Lod.CheckDirectoryDefault(new LovUserEa { StripeCount = 2 }.ToArray()).Value;
        Assert.Equal(2, LovUserEa.Parse(kept).Value.StripeCount);
    });

    [Fact]
    public void Objects_go_after_the_commit_of_the_unlink() => Run(
        2,
        async world =>
        {
            byte[] ea = (await world.Mdt.CreateFileAsync(s_file, new LovUserEa { StripeCount = 2 })).Value;
            LovEa layout = LovEa.Parse(ea).Value;
            Assert.Equal(Errno.OK, world.Mdt.Unlink(ea));
            Assert.True(Exist(world, layout));
            await world.Mdt.Storage.SyncAsync();
            await world.Sim.Delay(TimeSpan.FromSeconds(1));
            Assert.False(Exist(world, layout));
            Assert.All(world.Mdt.Lod.Osts, static ost => Assert.Equal(0, ost.ChangeCount));
        },
        mdtOptions: new() { CommitDelay = TimeSpan.FromHours(1) });

    [Fact]
    public void Objects_get_the_owner_of_their_file() => Run(2, async world =>
    {
        byte[] ea = (await world.Mdt.CreateFileAsync(s_file, new LovUserEa { StripeCount = 2 })).Value;
        var transaction = world.Mdt.Storage.Begin();
        Assert.Equal(Errno.OK, world.Mdt.Lod.DeclareChange(transaction, ea));
        transaction.Start();
        Assert.Equal(Errno.OK, world.Mdt.Lod.SetOwner(transaction, ea, new()
        {
            Valid = Obdclass.Storage.DtValid.Uid | Obdclass.Storage.DtValid.ProjectId,
            Uid = 42,
            ProjectId = 9,
        }));
        transaction.Stop();
        await world.Sim.Delay(TimeSpan.FromSeconds(1));
        foreach (LovOstDataV1 item in LovEa.Parse(ea).Value.Objects)
        {
            world.Storage(item.Index).Locate(item.ObjectId.FidView).GetAttributes(out var attributes);
            Assert.Equal((42U, 9U), (attributes.Uid, attributes.ProjectId));
        }
    });

    [Fact]
    public void A_reservation_that_came_to_nothing_leaves_no_object_behind() => Run(2, async world =>
    {
        Result<LodLayout> first = await world.Mdt.Lod.ChooseAsync(s_file, default, default, default);
        world.Mdt.Lod.Discard(first.Value);
        LovEa second = Parse(await world.Mdt.CreateFileAsync(s_file, new LovUserEa
        {
            StripeCount = 1,
            StripeOffset = (ushort)first.Value.Objects[0].Index,
        }));
        Assert.Equal(first.Value.Objects[0], second.Objects[0]);
    });

    [Fact]
    public void A_thousand_files_at_once_have_objects_of_their_own() => Run(4, async world =>
    {
        Task<Result<byte[]>>[] creates =
            [.. Enumerable.Range(1, 1000).Select(i => world.Mdt.CreateFileAsync(new Fid(0x200000402, (uint)i)))];
        Result<byte[]>[] layouts = await Task.WhenAll(creates);
        var objects = layouts.Select(static ea => LovEa.Parse(ea.Value).Value.Objects[0].ObjectId.FidView).ToHashSet();
        Assert.Equal(1000, objects.Count);
    });

    [Fact]
    public void Fuller_OSTs_get_fewer_files() => Run(
        2,
        async world =>
        {
            await FillAsync(world, ost: 0, bytes: 700 << 20);
            await world.Sim.Delay(TimeSpan.FromSeconds(12));
            int[] used = new int[2];
            for (uint i = 0; i < 200; i++)
                used[Parse(await world.Mdt.CreateFileAsync(new Fid(0x200000402, i + 1))).Objects[0].Index]++;
            Assert.InRange(used[0], 20, 80);        // 324 MiB against 1024
        },
        ostOptions: new() { CapacityBytes = 1L << 30 });

    [Fact]
    public void Full_OSTs_are_passed_over_and_only_when_all_are_full_is_there_no_space() => Run(
        2,
        async world =>
        {
            await FillAsync(world, ost: 0, bytes: 64 << 20);
            await world.Sim.Delay(TimeSpan.FromSeconds(12));
            for (uint i = 0; i < 10; i++)
                Assert.Equal(1U, Parse(await world.Mdt.CreateFileAsync(new Fid(0x200000402, i + 1))).Objects[0].Index);
            await FillAsync(world, ost: 1, bytes: 64 << 20);
            await world.Sim.Delay(TimeSpan.FromSeconds(12));
            Assert.Equal(Errno.ENOSPC, (await world.Mdt.CreateFileAsync(s_file)).Error);
        },
        ostOptions: new() { CapacityBytes = 64L << 20 });

    [Fact]
    public void An_MDT_that_comes_back_has_what_nobody_uses_destroyed() => Run(2, async world =>
    {
        var files = new List<byte[]>();
        for (uint i = 0; i < 5; i++)
            files.Add((await world.Mdt.CreateFileAsync(new Fid(0x200000402, i + 1))).Value);
        MdtServer former = world.Mdt;
        await former.StopAsync(keepStorage: true);
        await world.RestartMdtAsync(former.Storage);
        foreach (byte[] file in files)
            Assert.True(Exist(world, LovEa.Parse(file).Value));
        LovEa next = Parse(await world.Mdt.CreateFileAsync(new Fid(0x200000402, 99)));
        Assert.True(Exist(world, next));
        Assert.DoesNotContain(next.Objects[0], files.Select(static file => LovEa.Parse(file).Value.Objects[0]));
    });

    [Fact]
    public void An_OST_that_comes_back_empty_has_lost_its_objects_and_gets_new_ones() => Run(2, async world =>
    {
        LovEa before = Parse(await world.Mdt.CreateFileAsync(s_file, new LovUserEa { StripeCount = 2 }));
        Parse(await world.Mdt.CreateFileAsync(s_file, new LovUserEa { StripeCount = 2 }));
        await world.RestartOssAsync();
        Result<byte[]> file;
        int tries = 0;
        do
        {
            await world.Sim.Delay(TimeSpan.FromSeconds(5));
            file = await world.Mdt.CreateFileAsync(new Fid(0x200000402, 77), new LovUserEa { StripeCount = 2 });
        }
        while (file.Failed && ++tries < 60);
        LovEa after = Parse(file);
        Assert.True(Exist(world, after));
        Assert.DoesNotContain(before.Objects, item => world.Storage(item.Index).Locate(item.ObjectId.FidView).Exists);
        Assert.Empty(after.Objects.Intersect(before.Objects));
    });

    [Fact]
    public void Creates_go_on_over_lost_messages_and_lost_connections() => Seeds.Simulate(8, sim => RunAsync(
        sim, 3,
        async world =>
        {
            sim.Network.DefaultLink = SimLinkOptions.Default with { DropProbability = 0.02 };
            var seen = new HashSet<Fid>();
            for (uint i = 0; i < 60; i++)
            {
                if (i % 20 == 10)
                    sim.Network.Cut(world.Mdt.Node.Nid, world.Oss.Node.Nid);
                Result<byte[]> file;
                do
                {
                    file = await world.Mdt.CreateFileAsync(new Fid(0x200000402, i + 1));
                    if (file.Failed)
                        await sim.Delay(TimeSpan.FromSeconds(1));
                }
                while (file.Failed);
                LovEa layout = LovEa.Parse(file.Value).Value;
                Assert.True(seen.Add(layout.Objects[0].ObjectId.FidView));
                Assert.True(Exist(world, layout));
                if (i % 3 == 0)
                    Assert.Equal(Errno.OK, world.Mdt.Unlink(file.Value));
            }
            sim.Network.DefaultLink = SimLinkOptions.Default;
            await sim.Delay(TimeSpan.FromSeconds(120));
            Assert.All(world.Mdt.Lod.Osts, static ost => Assert.Equal(0, ost.ChangeCount));
        },
        null, null));

    static LovUserEa Listed(params uint[] osts) =>
        new() { Magic = LovUserMagic.SPECIFIC, StripeCount = (ushort)osts.Length, Osts = osts };

    static LovEa Parse(Result<byte[]> ea)
    {
        Assert.Equal(Errno.OK, ea.Error);
        return LovEa.Parse(ea.Value).Value;
    }

    static bool Exist(LodWorld world, LovEa layout) =>
        layout.Objects.All(item => world.Storage(item.Index).Locate(item.ObjectId.FidView).Exists);

    static async Task FillAsync(LodWorld world, uint ost, int bytes)
    {
        MemDevice storage = world.Storage(ost);
        Obdclass.Storage.IDtObject filler = storage.Locate(new Fid(FidSeq.ECHO, ost + 1));
        Obdclass.Storage.DtTransaction transaction = storage.Begin();
        transaction.DeclareCreate();
        // Whatever is left of so much.
        storage.Statfs(out ObdStatfs statfs);
        long length = Math.Min(bytes, (long)(statfs.BlocksAvailable * statfs.BlockSize) * 999 / 1000);
        Assert.Equal(Errno.OK, transaction.DeclareWrite(filler, 0, length));
        Assert.Equal(Errno.OK, transaction.Start());
        filler.Create(
            transaction, new() { Valid = Obdclass.Storage.DtValid.Mode, Mode = 0x8000 },
            Obdclass.Storage.DtObjectFormat.Regular);
        Assert.Equal(Errno.OK, filler.Fallocate(transaction, Obdclass.Storage.DtFallocateModes.None, 0, length));
        transaction.Stop();
        await storage.SyncAsync();
    }

    internal static void Run(
        int osts, Func<LodWorld, Task> body, MemDeviceOptions? ostOptions = null, MemDeviceOptions? mdtOptions = null,
        [System.Runtime.CompilerServices.CallerMemberName] string test = "") =>
        Simulation.Simulation.Run(5, sim => RunAsync(sim, osts, body, ostOptions, mdtOptions), test: test);

    static async Task RunAsync(
        Simulation.Simulation sim, int osts, Func<LodWorld, Task> body, MemDeviceOptions? ostOptions,
        MemDeviceOptions? mdtOptions)
    {
        SimNode[] nodes = await sim.AddNodesAsync(2);
        var mdt = MdtServer.Start(nodes[0], options: mdtOptions);
        uint[] indexes = [.. Enumerable.Range(0, osts).Select(static i => (uint)i)];
        OstServer oss = await OstServer.StartAsync(nodes[1], mdt, ostOptions, indexes);
        var world = new LodWorld(sim, oss, indexes) { Mdt = mdt };
        await world.AddOstsAsync();
        await body(world);
        await world.Oss.StopAsync();
        await world.Mdt.StopAsync();
    }

    internal sealed class LodWorld(Simulation.Simulation sim, OstServer oss, uint[] indexes)
    {
        public Simulation.Simulation Sim => sim;

        public OstServer Oss { get; private set; } = oss;

        public required MdtServer Mdt { get; set; }

        public MemDevice Storage(uint index) => (MemDevice)Oss.Targets[(int)index].LuTarget.Device;

        public async Task AddOstsAsync()
        {
            foreach (uint index in indexes)
                Assert.Equal(Errno.OK, Mdt.Lod.AddOst(index, [Oss.Node.Nid]));
            for (int i = 0; i < 60 && Mdt.Lod.Osts.Any(static ost => ost.PrecreatedCount == 0); i++)
                await sim.Delay(TimeSpan.FromSeconds(1));
            Assert.All(Mdt.Lod.Osts, static ost => Assert.True(ost.PrecreatedCount > 0, $"{ost.Index}"));
            await sim.Delay(TimeSpan.FromSeconds(1));
        }

        /// <summary>The same OSTs, with nothing in them.</summary>
        public async Task RestartOssAsync()
        {
            await Oss.StopAsync();
            Oss = await OstServer.StartAsync(sim.Nodes[1], Mdt, null, indexes);
        }

        public async Task RestartMdtAsync(MemDevice storage)
        {
            Mdt = MdtServer.Start(sim.Nodes[0], storage);
            await AddOstsAsync();
        }
    }
}
