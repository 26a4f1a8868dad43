using System.Text;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Mds.Mdd;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>Each operation by itself, with its errors.</summary>
public sealed class OperationTests
{
    [Fact]
    public void A_fresh_target_has_a_root_and_nothing_in_it() => MdtWorld.Run(async world =>
    {
        MdtAnswer root = await world.Client.GetRootAsync();
        Assert.Equal((Errno.OK, MdtWorld.Root, MdtValid.FLID), (root.Error, root.Fid, root.Body.Valid));
        MdtAnswer stat = await world.Client.StatAsync(MdtWorld.Root);
        Assert.Equal(Errno.OK, stat.Error);
        // The third is .lustre, which nobody sees.
        Assert.Equal((0x41EDu, 3u), (stat.Body.Mode, stat.Body.Nlink));
        MdtAnswer missing = await world.Client.StatAsync(MdtWorld.Root, "x");
        Assert.Equal(Errno.OK, missing.Error);
        Assert.Equal(
            Dispositions.IT_EXECD | Dispositions.LOOKUP_EXECD | Dispositions.LOOKUP_NEG, missing.Dispositions);
        Assert.Null(missing.Lock);
    });

    [Fact]
    public void Mkdir_gives_attributes_links_and_the_parent_one_more() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        c.Umask = 0x12;
        MdtAnswer made = await c.MkdirAsync(MdtWorld.Root, "d");
        Assert.Equal(Errno.OK, made.Error);
        Assert.Equal((0x41EDu, 2u, c.Time), (made.Body.Mode, made.Body.Nlink, made.Body.Mtime));
        Assert.NotEqual(0UL, made.Transno);
        Assert.Equal(4u, (await c.StatAsync(MdtWorld.Root)).Body.Nlink);
        Assert.Equal(Errno.EEXIST, (await c.MkdirAsync(MdtWorld.Root, "d")).Error);
        Assert.Equal(Errno.ENAMETOOLONG, (await c.MkdirAsync(MdtWorld.Root, new string('n', 256))).Error);
        Assert.Equal(Errno.OK, (await c.MkdirAsync(MdtWorld.Root, new string('n', 255))).Error);
        Assert.Equal(Errno.OK, (await c.RmdirAsync(MdtWorld.Root, "d")).Error);
        Assert.Equal(4u, (await c.StatAsync(MdtWorld.Root)).Body.Nlink);
        Assert.Equal(Errno.ENOENT, (await c.RmdirAsync(MdtWorld.Root, "d")).Error);
    });

    [Fact]
    public void An_open_that_creates_comes_with_handle_layout_and_lock() => MdtWorld.Run(async world =>
    {
        MdtAnswer open = await world.Client.CreateFileAsync(MdtWorld.Root, "f");
        Assert.Equal(Errno.OK, open.Error);
        Assert.Equal(
            Dispositions.IT_EXECD | Dispositions.LOOKUP_EXECD | Dispositions.LOOKUP_NEG | Dispositions.OPEN_CREATE
            | Dispositions.OPEN_OPEN, open.Dispositions);
        Assert.True(open.Body.OpenHandle.IsUsed);
        Assert.NotEqual(0UL, open.Transno);
        Assert.Equal((80u, 80), (open.Body.EaDataSize, open.Md.Length));
        Assert.Equal(MdtValid.FLEASIZE, open.Body.Valid & (MdtValid.FLEASIZE | MdtValid.FLSIZE));
        Assert.NotNull(open.Lock);
        Assert.Equal((open.Fid, LockMode.PR), (open.Lock.Fid, open.Lock.Mode));
        Assert.Equal(
            InodeBits.LOOKUP | InodeBits.UPDATE | InodeBits.PERM | InodeBits.LAYOUT, open.Lock.Bits);
        Assert.Equal(2, world.Lod.Live.Count);
        Assert.Equal(Errno.OK, (await world.Client.CloseAsync(open, size: 5000)).Error);
        Assert.Equal(Errno.ESTALE, (await world.Client.CloseAsync(open)).Error);
        MdtAnswer stat = await world.Client.StatAsync(MdtWorld.Root, "f");
        Assert.Equal(5000UL, stat.Body.Size);
        Assert.Equal(MdtValid.FLLAZYSIZE, stat.Body.Valid & (MdtValid.FLLAZYSIZE | MdtValid.FLSIZE));
    });

    [Fact]
    public void What_kinds_of_open_are_refused() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        await c.MakeFileAsync(MdtWorld.Root, "f");
        await c.MakeDirAsync(MdtWorld.Root, "d");
        const MdsOpenFlags write = MdsOpenFlags.FMODE_WRITE;
        MdtAnswer exclusive = await c.OpenAsync(
            MdtWorld.Root, "f", MdsOpenFlags.CREAT | MdsOpenFlags.EXCL | write);
        Assert.Equal(Errno.EEXIST, exclusive.Error);
        Assert.True((exclusive.Body.Valid & MdtValid.FLID) != 0, "attributes of what is in the way");
        Assert.Equal(Errno.EISDIR, (await c.OpenAsync(MdtWorld.Root, "d", write)).Error);
        const MdsOpenFlags readDirectory = MdsOpenFlags.FMODE_READ | MdsOpenFlags.DIRECTORY;
        Assert.Equal(Errno.ENOTDIR, (await c.OpenAsync(MdtWorld.Root, "f", readDirectory)).Error);
        MdtAnswer missing = await c.OpenAsync(MdtWorld.Root, "x", MdsOpenFlags.FMODE_READ);
        Assert.Equal((Errno.OK, Dispositions.LOOKUP_NEG),
            (missing.Error, missing.Dispositions & (Dispositions.LOOKUP_NEG | Dispositions.OPEN_OPEN)));
        MdtAnswer directory = await c.OpenAsync(
            MdtWorld.Root, "d", MdsOpenFlags.FMODE_READ | MdsOpenFlags.DIRECTORY);
        Assert.Equal(Errno.OK, directory.Error);
        Assert.True(directory.Body.OpenHandle.IsUsed);
        Assert.Equal(Errno.OK, (await c.CloseAsync(directory)).Error);
        MdtAnswer run = await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_EXEC);
        Assert.Equal(Errno.EACCES, run.Error);
        Assert.Equal(Errno.OK, (await c.ChmodAsync((await c.LookupAsync(MdtWorld.Root, "f")).Fid, 0x1ED)).Error);
        run = await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_EXEC);
        Assert.Equal(Errno.OK, run.Error);
        Assert.Equal(Errno.ETXTBSY, (await c.OpenAsync(MdtWorld.Root, "f", write)).Error);
        Assert.Equal(Errno.ETXTBSY, (await c.TruncateAsync(run.Fid, 0)).Error);
        Assert.Equal(Errno.OK, (await c.CloseAsync(run)).Error);
        Assert.Equal(0, world.Mdt.Target.ListExports().Length - 1);
    });

    [Fact]
    public void Links_unlink_and_the_objects_that_go_with_the_last_name() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        var fid = await c.MakeFileAsync(MdtWorld.Root, "a");
        var dir = await c.MakeDirAsync(MdtWorld.Root, "d");
        Assert.Equal(Errno.OK, (await c.LinkAsync(fid, dir, "b")).Error);
        Assert.Equal(Errno.EEXIST, (await c.LinkAsync(fid, dir, "b")).Error);
        Assert.Equal(Errno.EPERM, (await c.LinkAsync(dir, MdtWorld.Root, "e")).Error);
        Assert.Equal(2u, (await c.StatAsync(fid)).Body.Nlink);
        Assert.Equal(Errno.EISDIR, (await c.UnlinkAsync(MdtWorld.Root, "d")).Error);
        Assert.Equal(Errno.ENOTDIR, (await c.RmdirAsync(MdtWorld.Root, "a")).Error);
        Assert.Equal(Errno.ENOTEMPTY, (await c.RmdirAsync(MdtWorld.Root, "d")).Error);
        MdtAnswer first = await c.UnlinkAsync(MdtWorld.Root, "a");
        Assert.Equal((Errno.OK, fid, 1u), (first.Error, first.Fid, first.Body.Nlink));
        Assert.Equal(2, world.Lod.Live.Count);
        MdtAnswer last = await c.UnlinkAsync(dir, "b");
        Assert.Equal((Errno.OK, 0u), (last.Error, last.Body.Nlink));
        Assert.Empty(world.Lod.Live);
        Assert.Equal(Errno.OK, (await c.RmdirAsync(MdtWorld.Root, "d")).Error);
        Assert.False(world.Storage.Locate(fid).Exists);
    });

    [Fact]
    public void A_file_unlinked_while_open_lives_until_the_last_close() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        MdtAnswer one = await c.CreateFileAsync(MdtWorld.Root, "f");
        MdtAnswer two = await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_READ);
        Assert.Equal(Errno.OK, (await c.UnlinkAsync(MdtWorld.Root, "f")).Error);
        Assert.Equal(2, world.Lod.Live.Count);
        MdtAnswer byHandle = await c.OpenAsync(
            one.Fid, "", MdsOpenFlags.FMODE_READ | MdsOpenFlags.BY_FID, child: one.Fid);
        Assert.Equal(Errno.OK, byHandle.Error);
        Assert.Equal(0u, byHandle.Body.Nlink);
        Assert.Equal(Errno.OK, (await c.CloseAsync(one)).Error);
        Assert.Equal(Errno.OK, (await c.CloseAsync(two)).Error);
        Assert.Equal(2, world.Lod.Live.Count);
        Assert.Equal(Errno.OK, (await c.CloseAsync(byHandle)).Error);
        Assert.Empty(world.Lod.Live);
        Assert.False(world.Storage.Locate(one.Fid).Exists);
        Assert.Equal(0, world.Mdt.Mdd.DestroyOrphans());
    });

    [Fact]
    public void A_client_that_is_thrown_out_closes_what_it_had_open() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        MdtAnswer open = await c.CreateFileAsync(MdtWorld.Root, "f");
        Assert.Equal(Errno.OK, (await world[1].UnlinkAsync(MdtWorld.Root, "f")).Error);
        Assert.Equal(2, world.Lod.Live.Count);
        var export = world.Mdt.Target.ListExports().Single(e => e.ClientUuid == "client-1");
        await world.Server.RunAsync(() =>
        {
            world.Mdt.Target.Evict(export);
            return Task.CompletedTask;
        });
        Assert.Empty(world.Lod.Live);
        Assert.False(world.Storage.Locate(open.Fid).Exists);
    }, clients: 2);

    [Fact]
    public void Symbolic_links_devices_and_their_targets() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        MdtAnswer link = await c.SymlinkAsync(MdtWorld.Root, "l", "some/where");
        Assert.Equal((Errno.OK, 0xA1FFu, 10UL), (link.Error, link.Body.Mode, link.Body.Size));
        MdtAnswer read = await c.GetattrAsync(link.Fid, MdtValid.FLID | MdtValid.LINKNAME, 11);
        Assert.Equal("some/where\0", Encoding.ASCII.GetString(read.Md));
        Assert.Equal((11u, MdtValid.LINKNAME), (read.Body.EaDataSize, read.Body.Valid & MdtValid.LINKNAME));
        MdtAnswer device = await c.CreateAsync(MdtWorld.Root, "null", 0x21B6, device: 0x103);
        Assert.Equal((Errno.OK, 0x103u), (device.Error, device.Body.Rdev));
        MdtAnswer opened = await c.OpenAsync(MdtWorld.Root, "null", MdsOpenFlags.FMODE_READ);
        Assert.Equal(Errno.OK, opened.Error);
        Assert.False(opened.Body.OpenHandle.IsUsed);
        c.Uid = 1000;
        Assert.Equal(Errno.EACCES, (await c.CreateAsync(MdtWorld.Root, "zero", 0x21B6, device: 0x105)).Error);
    });

    [Fact]
    public void Attributes_are_set_by_those_who_may() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        var fid = await c.MakeFileAsync(MdtWorld.Root, "f");
        Assert.Equal(Errno.OK, (await c.ChownAsync(fid, 1000, 100)).Error);
        Assert.Equal((1000u, 100u), (world.Lod.Owners[0].Uid, world.Lod.Owners[0].Gid));
        Assert.Equal(Errno.OK, (await c.ChmodAsync(fid, 0xDFF)).Error);
        c.Uid = 1001;
        Assert.Equal(Errno.EPERM, (await c.ChmodAsync(fid, 0x1FF)).Error);
        Assert.Equal(Errno.EPERM, (await c.ChownAsync(fid, 1001, 100)).Error);
        Assert.Equal(0x8DFFu, (await c.StatAsync(fid)).Body.Mode);
        (c.Uid, c.Gid) = (1000, 100);
        MdtAnswer changed = await c.ChmodAsync(fid, 0x180);
        Assert.Equal((Errno.OK, 0x8180u), (changed.Error, changed.Body.Mode));
        Assert.Equal(Errno.EPERM, (await c.ChownAsync(fid, 1000, 4)).Error);
        c.SupplementaryGid = 4;
        Assert.Equal(Errno.OK, (await c.ChownAsync(fid, uint.MaxValue, 4)).Error);
        Assert.Equal(Errno.OK, (await c.TruncateAsync(fid, 4096)).Error);
        MdtAnswer stat = await c.StatAsync(fid);
        Assert.Equal((4UL, 4096UL), (stat.Body.Gid, stat.Body.Size));
    });

    [Fact]
    public void A_file_without_objects_keeps_its_size_here_until_somebody_writes() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        MdtAnswer made = await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.CREAT | MdsOpenFlags.FMODE_READ);
        Assert.Equal(Errno.OK, made.Error);
        Assert.Empty(made.Md);
        Assert.Empty(world.Lod.Live);
        Assert.Equal(Errno.OK, (await c.TruncateAsync(made.Fid, 777)).Error);
        MdtAnswer stat = await c.StatAsync(made.Fid);
        Assert.Equal((777UL, MdtValid.FLSIZE), (stat.Body.Size, stat.Body.Valid & MdtValid.FLSIZE));
        MdtAnswer write = await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_WRITE);
        Assert.Equal(Errno.OK, write.Error);
        Assert.Equal(80, write.Md.Length);
        Assert.True((write.Dispositions & Dispositions.OPEN_STRIPE) != 0);
        Assert.Equal(2, world.Lod.Live.Count);
        Assert.Empty(world.Lod.Reserved);
    });

    [Fact]
    public void A_file_is_not_made_when_no_ost_has_room() => MdtWorld.Run(async world =>
    {
        world.Lod.Refusal = Errno.ENOSPC;
        Assert.Equal(Errno.ENOSPC, (await world.Client.CreateFileAsync(MdtWorld.Root, "f")).Error);
        MdtAnswer stat = await world.Client.LookupAsync(MdtWorld.Root, "f");
        Assert.True((stat.Dispositions & Dispositions.LOOKUP_NEG) != 0);
    });

    [Fact]
    public void A_full_target_refuses_what_is_new_and_still_removes() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        MdtAnswer open = await c.CreateFileAsync(MdtWorld.Root, "open");
        int made = 0;
        Errno error;
        while ((error = (await c.MkdirAsync(MdtWorld.Root, $"d{made}")).Error) == Errno.OK)
            made++;
        Assert.Equal(Errno.ENOSPC, error);
        Assert.InRange(made, 20, 2000);
        Assert.Equal(Errno.OK, (await c.ChmodAsync(MdtWorld.Root, 0x1FF)).Error);
        Assert.Equal(Errno.OK, (await c.UnlinkAsync(MdtWorld.Root, "open")).Error);
        Assert.Equal(2, world.Lod.Live.Count);
        Assert.Equal(Errno.OK, (await c.CloseAsync(open)).Error);
        Assert.Empty(world.Lod.Live);
        for (int i = 0; i < made; i++)
            Assert.Equal(Errno.OK, (await c.RmdirAsync(MdtWorld.Root, $"d{i}")).Error);
        Assert.Equal(Errno.OK, (await c.MkdirAsync(MdtWorld.Root, "again")).Error);
    }, capacity: 1 << 20);

    [Fact]
    public void What_was_open_and_unlinked_when_the_target_ended_goes_with_its_next_start() =>
        MdtWorld.Run(async world =>
        {
            MdtAnswer open = await world.Client.CreateFileAsync(MdtWorld.Root, "f");
            await world.Client.UnlinkAsync(MdtWorld.Root, "f");
            Assert.True(world.Storage.Locate(open.Fid).Exists);
            int destroyed = 0;
            await world.Server.RunAsync(() =>
            {
                // A new life knows of no open files, only of what is on the device.
                var next = new MddDevice(world.Server.Context, world.Storage, world.Mdt, world.Lod);
                destroyed = next.DestroyOrphans();
                return Task.CompletedTask;
            });
            Assert.Equal(1, destroyed);
            Assert.False(world.Storage.Locate(open.Fid).Exists);
            Assert.Empty(world.Lod.Live);
        });
}
