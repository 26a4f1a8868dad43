using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>Locks that come with answers, and are taken back before something changes.</summary>
public sealed class LockTests
{
    const InodeBits Attributes = InodeBits.LOOKUP | InodeBits.UPDATE | InodeBits.PERM;

    [Fact]
    public void A_stat_comes_with_a_lock_on_what_it_told() => MdtWorld.Run(async world =>
    {
        Fid fid = await world.Client.MakeFileAsync(MdtWorld.Root, "f");
        MdtAnswer stat = await world[1].StatAsync(MdtWorld.Root, "f");
        Assert.NotNull(stat.Lock);
        Assert.Equal((fid, LockMode.PR), (stat.Lock.Fid, stat.Lock.Mode));
        Assert.Equal(Attributes | InodeBits.LAYOUT, stat.Lock.Bits);
        Assert.Equal(stat.Fid, stat.Lock.Fid);
        MdtAnswer lookup = await world[1].LookupAsync(MdtWorld.Root, "f");
        Assert.NotNull(lookup.Lock);
        Assert.Equal(InodeBits.LOOKUP | InodeBits.PERM, lookup.Lock.Bits & (InodeBits.LOOKUP | InodeBits.PERM));
    }, clients: 2);

    [Theory]
    [InlineData("chmod")]
    [InlineData("unlink")]
    [InlineData("rename")]
    [InlineData("link")]
    public void Every_change_takes_the_lock_of_what_it_changes_first(string change) => MdtWorld.Run(async world =>
    {
        MdtClient a = world[0], b = world[1];
        Fid fid = await a.MakeFileAsync(MdtWorld.Root, "f");
        MdtAnswer stat = await b.StatAsync(MdtWorld.Root, "f");
        MdtAnswer done = change switch
        {
            "chmod" => await a.ChmodAsync(fid, 0x180),
            "unlink" => await a.UnlinkAsync(MdtWorld.Root, "f"),
            "rename" => await a.RenameAsync(MdtWorld.Root, "f", MdtWorld.Root, "g"),
            _ => await a.LinkAsync(fid, MdtWorld.Root, "g"),
        };
        Assert.Equal(Errno.OK, done.Error);
        Assert.Equal(stat.Lock, Assert.Single(b.Blocked));
    }, clients: 2);

    [Theory]
    [InlineData("create")]
    [InlineData("mkdir")]
    [InlineData("unlink")]
    [InlineData("rename")]
    public void A_directory_that_changes_is_taken_from_who_has_read_it(string change) => MdtWorld.Run(async world =>
    {
        MdtClient a = world[0], b = world[1];
        Fid dir = await a.MakeDirAsync(MdtWorld.Root, "d");
        await a.MakeFileAsync(dir, "old");
        MdtAnswer stat = await b.StatAsync(dir);
        Assert.Equal(Attributes, stat.Lock!.Bits);
        MdtAnswer done = change switch
        {
            "create" => await a.CreateFileAsync(dir, "new"),
            "mkdir" => await a.MkdirAsync(dir, "new"),
            "unlink" => await a.UnlinkAsync(dir, "old"),
            _ => await a.RenameAsync(dir, "old", dir, "new"),
        };
        Assert.Equal(Errno.OK, done.Error);
        Assert.Equal(stat.Lock, Assert.Single(b.Blocked));
    }, clients: 2);

    [Fact]
    public void A_change_waits_for_a_client_that_keeps_its_lock() => MdtWorld.Run(async world =>
    {
        MdtClient a = world[0], b = world[1];
        Fid fid = await a.MakeFileAsync(MdtWorld.Root, "f");
        await b.StatAsync(MdtWorld.Root, "f");
        b.KeepsLocks = true;
        Task<MdtAnswer> chmod = a.ChmodAsync(fid, 0x180);
        await world.Sim.Delay(TimeSpan.FromSeconds(2));
        Assert.False(chmod.IsCompleted, "the mode changed under a lock");
        HeldLock held = Assert.Single(b.Blocked);
        await b.OnAsync(async () => { await b.CancelAsync(held); return 0; });
        Assert.Equal((Errno.OK, 0x8180u), ((await chmod).Error, (await chmod).Body.Mode));
    }, clients: 2);

    [Fact]
    public void A_client_may_give_its_lock_back_with_the_request_itself() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        await c.MakeFileAsync(MdtWorld.Root, "f");
        foreach (HeldLock held in c.Locks.Values.ToArray())
            await c.OnAsync(async () => { await c.CancelAsync(held); return 0; });
        MdtAnswer stat = await c.StatAsync(MdtWorld.Root, "f");
        Assert.Equal(Errno.OK, (await c.UnlinkAsync(MdtWorld.Root, "f", early: stat.Lock)).Error);
        Assert.Empty(c.Blocked);
    });

    [Fact]
    public void A_lookup_that_meets_a_rename_tells_the_truth_after_it() => MdtWorld.Run(async world =>
    {
        MdtClient a = world[0], b = world[1];
        Fid one = await a.MakeFileAsync(MdtWorld.Root, "one");
        Fid two = await a.MakeFileAsync(MdtWorld.Root, "two");
        b.KeepsLocks = true;
        MdtAnswer kept = await b.StatAsync(MdtWorld.Root, "two");
        // The rename waits for the victim's lock; the lookup then waits for the rename's.
        Task<MdtAnswer> rename = a.RenameAsync(MdtWorld.Root, "one", MdtWorld.Root, "two");
        await world.Sim.Delay(TimeSpan.FromMilliseconds(100));
        Task<MdtAnswer> lookup = world[2].StatAsync(MdtWorld.Root, "two");
        await world.Sim.Delay(TimeSpan.FromMilliseconds(100));
        Assert.False(rename.IsCompleted || lookup.IsCompleted);
        await b.OnAsync(async () => { await b.CancelAsync(kept.Lock!); return 0; });
        Assert.Equal(Errno.OK, (await rename).Error);
        Assert.Equal((Errno.OK, one), ((await lookup).Error, (await lookup).Fid));
        Assert.NotEqual(two, (await lookup).Fid);
    }, clients: 3);

    [Fact]
    public void A_layout_made_late_is_news_to_who_has_seen_none() => MdtWorld.Run(async world =>
    {
        MdtClient a = world[0], b = world[1];
        MdtAnswer made = await a.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.CREAT | MdsOpenFlags.FMODE_READ);
        MdtAnswer stat = await b.StatAsync(MdtWorld.Root, "f");
        Assert.Equal(InodeBits.LAYOUT, stat.Lock!.Bits & InodeBits.LAYOUT);
        Assert.Empty(stat.Md);
        MdtAnswer write = await a.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_WRITE);
        Assert.Equal(Errno.OK, write.Error);
        Assert.Contains(stat.Lock, b.Blocked);
        MdtAnswer again = await b.StatAsync(made.Fid);
        Assert.Equal(write.Md, again.Md);
    }, clients: 2);

    [Fact]
    public void Two_clients_that_make_the_same_name_get_one_file() => MdtWorld.Run(async world =>
    {
        Task<MdtAnswer>[] opens =
        [
            .. Enumerable.Range(0, 4).Select(i => world[i].CreateFileAsync(MdtWorld.Root, "f")),
        ];
        MdtAnswer[] answers = await Task.WhenAll(opens);
        Assert.All(answers, a => Assert.Equal(Errno.OK, a.Error));
        Assert.Single(answers, a => (a.Dispositions & Dispositions.OPEN_CREATE) != 0);
        Assert.Single(answers.Select(a => a.Fid).Distinct());
        Assert.Equal(2, world.Lod.Live.Count);
        Assert.Empty(world.Lod.Reserved);
    }, clients: 4);

    [Fact]
    public void Renames_that_cross_each_other_end() => MdtWorld.Run(async world =>
    {
        Fid x = await world.Client.MakeDirAsync(MdtWorld.Root, "x");
        Fid y = await world.Client.MakeDirAsync(MdtWorld.Root, "y");
        Fid below = await world.Client.MakeDirAsync(x, "below");
        for (int i = 0; i < 4; i++)
        {
            await world.Client.MakeFileAsync(x, $"f{i}");
            await world.Client.MakeFileAsync(y, $"g{i}");
        }
        var tasks = new List<Task<MdtAnswer>>();
        for (int i = 0; i < 4; i++)
        {
            tasks.Add(world[0].RenameAsync(x, $"f{i}", y, $"f{i}"));
            tasks.Add(world[1].RenameAsync(y, $"g{i}", x, $"g{i}"));
            tasks.Add(world[2].RenameAsync(x, $"g{i}", below, $"h{i}"));
        }
        tasks.Add(world[0].RenameAsync(MdtWorld.Root, "x", y, "x", 0x4000));
        tasks.Add(world[1].RenameAsync(MdtWorld.Root, "y", below, "y", 0x4000));
        MdtAnswer[] answers = await Task.WhenAll(tasks);
        Errno[] moves = [answers[^2].Error, answers[^1].Error];
        Assert.Single(moves, Errno.OK);     // both would make a circle
    }, clients: 3);
}
