using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Idl.Lfsck;
using Lustrous.Mds.Lfsck;
using Lustrous.Mds.Mdd;
using Lustrous.Mds.Tests.Mdt;
using Lustrous.Obdclass.Parameters;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Tests.Lfsck;

/// <summary>A name space that was damaged behind the server's back: everything is found, in a dry run told only, and
/// then put right.</summary>
public sealed class NamespaceTests
{
    const uint Fifo = 0x11A4;

    [Fact]
    public void A_name_space_that_is_right_is_left_alone() => MdtWorld.Run(async world =>
    {
        await MakeTreeAsync(world);
        ParameterTree tree = await CheckAsync(world, new LfsckOptions());
        string text = Text(tree);
        AssertHas(text, "status: completed", "flags: scanned-once", "param:", "failed_phase1: 0", "failed_phase2: 0",
            "directories: 4", "linkea_repaired: 0", "nlinks_repaired: 0", "dangling_repaired: 0", "success_count: 1");
        NameSpaceCheck.Run(world);
    });

    [Fact]
    public void What_is_damaged_is_found_and_put_right() => MdtWorld.Run(async world =>
    {
        Tree made = await MakeTreeAsync(world);
        await world.Server.RunAsync(() =>
        {
            Damage(world, made);
            return Task.CompletedTask;
        });

        string[] found =
        [
            "bad_file_type_{0}: 1", "dirent_{0}: 1", "linkea_{0}: 3", "nlinks_{0}: 2", "lost_dirent_{0}: 1",
            "dangling_{0}: 1", "unknown_inconsistency: 0", "failed_phase1: 0", "failed_phase2: 0",
        ];
        string told = Text(await CheckAsync(world, new LfsckOptions { Flags = LfsckParamFlags.DRYRUN }));
        AssertHas(told, "param: dryrun", "flags: scanned-once,inconsistent", "bad_file_type_inconsistent: 1",
            "dirent_inconsistent: 1", "dangling_inconsistent: 1", "lost_dirent_inconsistent: 1");
        // Nothing was changed: the same is found again.
        string text = Text(await CheckAsync(world, new LfsckOptions()));
        AssertHas(text, [.. found.Select(line => line.Replace("{0}", "repaired", StringComparison.Ordinal))]);

        // A name that stands for nothing is told, and left to whoever knows better.
        await world.Server.RunAsync(() =>
        {
            Change(world, tx => Assert.Equal(Errno.OK, world.Storage.Locate(made.A).Remove(tx, "gone"u8)));
            return Task.CompletedTask;
        });
        NameSpaceCheck.Run(world);
        AssertHas(Text(await CheckAsync(world, new LfsckOptions())),
            "dirent_repaired: 0", "linkea_repaired: 0", "nlinks_repaired: 0", "lost_dirent_repaired: 0",
            "dangling_repaired: 0", "status: completed");
    });

    [Fact]
    public void A_check_that_is_stopped_says_so_and_another_begins_anew() => MdtWorld.Run(async world =>
    {
        await MakeTreeAsync(world);
        await world.Server.RunAsync(async () =>
        {
            await using var lfsck = new MdtLfsck(world.Mdt, null);
            var tree = new ParameterTree();
            lfsck.AddParameters(tree);
            Assert.Equal(Errno.EALREADY, await lfsck.StopAsync());
            Assert.Equal(Errno.OK, lfsck.Start(new LfsckOptions { ObjectsPerSecond = 1 }));
            Assert.Equal(Errno.EALREADY, lfsck.Start(new LfsckOptions()));
            AssertHas(Text(tree), "status: scanning-phase1");
            Assert.Equal(Errno.OK, await lfsck.StopAsync());
            AssertHas(Text(tree), "status: stopped");
            Assert.Equal(Errno.OK, lfsck.Start(new LfsckOptions()));
            await lfsck.WaitAsync();
            AssertHas(Text(tree), "status: completed");
        });
    });

    sealed record Tree(Fid A, Fid B, Fid Sub, Fid Two, Fid One, Fid Lost, Fid Gone);

    static async Task<Tree> MakeTreeAsync(MdtWorld world)
    {
        MdtClient c = world.Client;
        Fid a = (await c.MkdirAsync(MdtWorld.Root, "a")).Fid;
        Fid b = (await c.MkdirAsync(MdtWorld.Root, "b")).Fid;
        Fid sub = (await c.MkdirAsync(a, "sub")).Fid;
        Fid two = (await c.CreateAsync(a, "two", Fifo)).Fid;
        Assert.Equal(Errno.OK, (await c.LinkAsync(two, b, "also")).Error);
        Fid one = (await c.CreateAsync(a, "one", Fifo)).Fid;
        Fid lost = (await c.CreateAsync(a, "lost", Fifo)).Fid;
        Fid gone = (await c.CreateAsync(a, "gone", Fifo)).Fid;
        return new Tree(a, b, sub, two, one, lost, gone);
    }

    static void Damage(MdtWorld world, Tree made) => Change(world, tx =>
    {
        IDtObject a = world.Storage.Locate(made.A);
        Assert.Equal(Errno.OK, a.Replace(tx, "one"u8, new DtEntry(made.One, DtMode.Directory)));
        Assert.Equal(Errno.OK, a.Remove(tx, "lost"u8));
        Assert.Equal(Errno.OK, a.SetAttributes(tx, new DtAttributes { Valid = DtValid.Nlink, Nlink = 9 }));
        Assert.Equal(Errno.OK, world.Storage.Locate(made.Gone).Destroy(tx));
        Assert.Equal(Errno.OK, world.Storage.Locate(made.Sub).Replace(
            tx, ".."u8, new DtEntry(made.B, DtMode.Directory)));
        IDtObject two = world.Storage.Locate(made.Two);
        Assert.Equal(Errno.OK, two.SetAttributes(tx, new DtAttributes { Valid = DtValid.Nlink, Nlink = 7 }));
        LinkEa none = LinkEa.New(new byte[LinkEa.MaxSize]);
        Assert.Equal(Errno.OK, two.SetXattr(tx, DtXattr.Link, none.Bytes));
        LinkEa more = LinkEa.New(new byte[LinkEa.MaxSize]);
        more.Add(made.A, "one"u8, 1);
        more.Add(made.B, "never"u8, 1);
        Assert.Equal(Errno.OK, world.Storage.Locate(made.One).SetXattr(tx, DtXattr.Link, more.Bytes));
    });

    static void Change(MdtWorld world, Action<DtTransaction> change)
    {
        DtTransaction tx = world.Storage.Begin();
        Assert.Equal(Errno.OK, tx.Start());
        change(tx);
        tx.Stop();
    }

    static async Task<ParameterTree> CheckAsync(MdtWorld world, LfsckOptions options)
    {
        var tree = new ParameterTree();
        await world.Server.RunAsync(async () =>
        {
            var lfsck = new MdtLfsck(world.Mdt, null);
            lfsck.AddParameters(tree);
            Assert.Equal(Errno.OK, lfsck.Start(options));
            await lfsck.WaitAsync();
        });
        return tree;
    }

    static string Text(ParameterTree tree)
    {
        Assert.True(tree.TryFind("mdd.lustre-MDT0000.lfsck_namespace", out Parameter? parameter));
        return parameter.Read!();
    }

    static void AssertHas(string text, params string[] lines)
    {
        string[] all = text.Split('\n');
        foreach (string line in lines)
            Assert.True(all.Contains(line), $"no line '{line}' in\n{text}");
    }
}
