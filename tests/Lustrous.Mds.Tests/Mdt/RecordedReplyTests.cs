using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>
/// Replies as a kernel's MDT gave them, field by field: buffer lengths, valid bits, dispositions. From
/// 2.17-b-basic and 2.17-c-meta; where ACLs, default directory layouts and secctx are in those, ours are empty.
/// </summary>
public sealed class RecordedReplyTests
{
    const MdtValid Attributes = MdtValid.FLID | MdtValid.FLATIME | MdtValid.FLMTIME | MdtValid.FLCTIME | MdtValid.FLMODE
        | MdtValid.FLTYPE | MdtValid.FLUID | MdtValid.FLGID | MdtValid.FLFLAGS | MdtValid.FLNLINK | MdtValid.FLPROJID
        | MdtValid.FLBTIME;

    const MdtValid OfDirectory = Attributes | MdtValid.FLSIZE | MdtValid.FLBLOCKS | MdtValid.FLRDEV;

    const int Body = 184, Reply = 112, Mdt = 216;

    [Fact]
    public void An_open_that_meets_a_directory() => MdtWorld.Run(async world =>
    {
        var dir = await world.Client.MakeDirAsync(MdtWorld.Root, "d1");
        MdtAnswer open = await world.Client.OpenAsync(
            MdtWorld.Root, "d1", MdsOpenFlags.CREAT | MdsOpenFlags.FMODE_WRITE | MdsOpenFlags.DELAY_CREATE);
        Assert.Equal((Errno.EISDIR, 301), (open.Error, open.Status));
        Assert.Equal([Body, Reply, Mdt, 0, 0, 0, 0, 16, 0, 0, 0], open.Lengths);
        Assert.Equal(
            Dispositions.IT_EXECD | Dispositions.LOOKUP_EXECD | Dispositions.LOOKUP_POS, open.Dispositions);
        Assert.Equal((dir, OfDirectory | MdtValid.FLMODEASIZE | MdtValid.FLACL), (open.Fid, open.Body.Valid));
        Assert.Equal((0UL, 128u), (open.Transno, open.Body.MaxMdSize));
        Assert.False(open.Body.OpenHandle.IsUsed);
    });

    [Fact]
    public void A_directory_opened_to_be_read_comes_without_a_lock_and_with_a_transno() => MdtWorld.Run(async world =>
    {
        await world.Client.MakeDirAsync(MdtWorld.Root, "d1");
        MdtAnswer open = await world.Client.OpenAsync(
            MdtWorld.Root, "d1", MdsOpenFlags.FMODE_READ | MdsOpenFlags.DIRECTORY | MdsOpenFlags.DELAY_CREATE);
        Assert.Equal((Errno.OK, 301), (open.Error, open.Status));
        Assert.Equal([Body, Reply, Mdt, 0, 0, 0, 0, 16, 0, 0, 0], open.Lengths);
        Assert.Equal((Dispositions)43, open.Dispositions);
        Assert.NotEqual(0UL, open.Transno);
        Assert.Null(open.Lock);
        MdtAnswer close = await world.Client.CloseAsync(open, size: 4096);
        Assert.Equal([Body, Mdt, 0, 0, 0, 0], close.Lengths);
        Assert.Equal(default, close.Body);
        Assert.NotEqual(0UL, close.Transno);
    });

    [Fact]
    public void A_new_file_comes_with_a_lock() => MdtWorld.Run(async world =>
    {
        MdtAnswer open = await world.Client.CreateFileAsync(MdtWorld.Root, "f10m");
        Assert.Equal((Errno.OK, 0), (open.Error, open.Status));
        Assert.Equal([Body, Reply, Mdt, 80, 0, 0, 0, 16, 0, 0, 0], open.Lengths);
        Assert.Equal(Attributes | MdtValid.FLEASIZE | MdtValid.FLMODEASIZE | MdtValid.FLACL, open.Body.Valid);
        MdtAnswer layout = await world[1].LayoutAsync(open.Fid);
        Assert.Equal((Errno.OK, Dispositions.IT_EXECD), (layout.Error, layout.Dispositions));
        Assert.Equal([Body, Reply, 80], layout.Lengths);
        Assert.Equal(open.Md, layout.Md);
        Assert.Equal((LockMode.CR, InodeBits.LAYOUT), (layout.Lock!.Mode, layout.Lock.Bits));
    }, clients: 2);

    [Fact]
    public void Attributes_by_intent_and_by_name() => MdtWorld.Run(async world =>
    {
        var dir = await world.Client.MakeDirAsync(MdtWorld.Root, "d1");
        MdtAnswer stat = await world[1].StatAsync(dir);
        Assert.Equal([Body, Reply, Mdt, 0, 0, 0, 0, 0, 0], stat.Lengths);
        Assert.Equal((Dispositions)11, stat.Dispositions);
        Assert.Equal(OfDirectory | MdtValid.FLMODEASIZE | MdtValid.FLACL, stat.Body.Valid);
        Assert.Equal(InodeBits.LOOKUP | InodeBits.UPDATE | InodeBits.PERM, stat.Lock!.Bits);
        MdtAnswer link = await world.Client.SymlinkAsync(dir, "b.sym", "b");
        MdtAnswer read = await world.Client.GetattrAsync(link.Fid, MdtValid.FLID | MdtValid.LINKNAME, 2);
        Assert.Equal([Body, Mdt, 2, 0, 0, 0, 0], read.Lengths);
        Assert.Equal(OfDirectory | MdtValid.LINKNAME, read.Body.Valid);
    }, clients: 2);

    [Fact]
    public void Changes_of_the_name_space() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        MdtAnswer made = await c.MkdirAsync(MdtWorld.Root, "m");
        Assert.Equal([Body, Mdt, 0, 0], made.Lengths);
        Assert.Equal(OfDirectory, made.Body.Valid);
        var file = await c.MakeFileAsync(made.Fid, "a");
        MdtAnswer moved = await c.RenameAsync(made.Fid, "a", made.Fid, "b");
        Assert.Equal([Body, Mdt, 0, 0, 0, 0], moved.Lengths);
        Assert.Equal(default, moved.Body);
        MdtAnswer linked = await c.LinkAsync(file, made.Fid, "b.link");
        Assert.Equal([Body, Mdt], linked.Lengths);
        Assert.Equal(default, linked.Body);
        await c.MakeFileAsync(made.Fid, "c");
        MdtAnswer over = await c.RenameAsync(made.Fid, "b", made.Fid, "c");
        Assert.Equal((Attributes, 0u), (over.Body.Valid, over.Body.Nlink));
        MdtAnswer refused = await c.RmdirAsync(MdtWorld.Root, "m");
        Assert.Equal((Errno.ENOTEMPTY, default(MdtBody)), (refused.Error, refused.Body));
        Assert.Equal([Body, Mdt, 0, 0, 0, 0], refused.Lengths);
        MdtAnswer set = await c.ChmodAsync(made.Fid, 0x1ED);
        Assert.Equal([Body, Mdt, 0, 0, 0, 0], set.Lengths);
        Assert.Equal(OfDirectory, set.Body.Valid);
    });
}
