using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>Who may do what.</summary>
public sealed class PermissionTests
{
    const uint Alice = 1000, Bob = 1001, Group = 50;

    [Fact]
    public void Directories_are_searched_written_and_read_by_mode() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid dir = await c.MakeDirAsync(MdtWorld.Root, "d", 0x1C0);      // 0700
        await c.MakeFileAsync(dir, "f");
        c.Uid = Alice;
        Assert.Equal(Errno.EACCES, (await c.StatAsync(dir, "f")).Error);
        Assert.Equal(Errno.EACCES, (await c.CreateFileAsync(dir, "g")).Error);
        Assert.Equal(Errno.EACCES, (await c.MkdirAsync(dir, "g")).Error);
        Assert.Equal(Errno.EACCES, (await c.UnlinkAsync(dir, "f")).Error);
        Assert.Equal(Errno.EACCES, (await c.RenameAsync(dir, "f", dir, "g")).Error);
        Assert.Equal(Errno.EACCES, (await c.OpenAsync(MdtWorld.Root, "d", MdsOpenFlags.FMODE_READ)).Error);
    });

    [Fact]
    public void Files_are_opened_by_owner_group_and_others() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid file = await c.MakeFileAsync(MdtWorld.Root, "f", 0x1A0);    // 0640
        await c.ChownAsync(file, Alice, Group);
        c.Uid = Alice;
        Assert.Equal(Errno.OK, (await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_WRITE)).Error);
        c.Uid = Bob;
        Assert.Equal(Errno.EACCES, (await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_READ)).Error);
        c.SupplementaryGid = Group;
        Assert.Equal(Errno.OK, (await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_READ)).Error);
        Assert.Equal(Errno.EACCES, (await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_WRITE)).Error);
        Assert.Equal(Errno.EACCES, (await c.TruncateAsync(file, 0)).Error);
    });

    [Fact]
    public void A_sticky_directory_leaves_names_to_their_owners() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid tmp = await c.MakeDirAsync(MdtWorld.Root, "tmp", 0x3FF);
        c.Uid = Alice;
        await c.MakeFileAsync(tmp, "hers");
        c.Uid = Bob;
        await c.MakeFileAsync(tmp, "his");
        Assert.Equal(Errno.EPERM, (await c.UnlinkAsync(tmp, "hers")).Error);
        Assert.Equal(Errno.EPERM, (await c.RenameAsync(tmp, "his", tmp, "hers")).Error);
        Assert.Equal(Errno.EPERM, (await c.RenameAsync(tmp, "hers", tmp, "x")).Error);
        Assert.Equal(Errno.OK, (await c.UnlinkAsync(tmp, "his")).Error);
    });

    [Fact]
    public void A_setgid_directory_hands_its_group_on() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid dir = await c.MakeDirAsync(MdtWorld.Root, "d");
        await c.ChownAsync(dir, uint.MaxValue, Group);
        Assert.Equal(Errno.OK, (await c.ChmodAsync(dir, 0x5FF)).Error);     // 02777
        (c.Uid, c.Gid, c.Umask) = (Alice, Alice, 0x12);
        MdtAnswer below = await c.MkdirAsync(dir, "below");
        Assert.Equal((Group, 0x45EDu), (below.Body.Gid, below.Body.Mode));
        MdtAnswer file = await c.OpenAsync(
            dir, "f", MdsOpenFlags.CREAT | MdsOpenFlags.FMODE_WRITE, mode: 0x5FF);
        // Not of the group: no program that runs as it.
        Assert.Equal((Group, 0x81EDu), (file.Body.Gid, file.Body.Mode));
    });

    [Fact]
    public void A_write_by_another_ends_setuid_and_setgid() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid file = await c.MakeFileAsync(MdtWorld.Root, "f");
        await c.ChmodAsync(file, 0xDFF);
        c.Uid = Alice;
        MdtAnswer written = await c.SetattrAsync(file, new MdtRecSetattr
        {
            Valid = MdsAttrFlags.SIZE | MdsAttrFlags.KILL_SUID | MdsAttrFlags.KILL_SGID,
            Size = 5,
        });
        Assert.Equal((Errno.OK, 0x81FFu), (written.Error, written.Body.Mode));
    });

    [Fact]
    public void What_is_immutable_or_append_only_stays() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid file = await c.MakeFileAsync(MdtWorld.Root, "f");
        Assert.Equal(Errno.OK, (await SetFlagsAsync(c, file, InodeFlags.IMMUTABLE_FL)).Error);
        Assert.Equal(Errno.EPERM, (await c.UnlinkAsync(MdtWorld.Root, "f")).Error);
        Assert.Equal(Errno.EPERM, (await c.LinkAsync(file, MdtWorld.Root, "g")).Error);
        Assert.Equal(Errno.EPERM, (await c.ChmodAsync(file, 0x1FF)).Error);
        Assert.Equal(Errno.EPERM, (await c.SetxattrAsync(file, "user.x", [1])).Error);
        Assert.Equal(Errno.EACCES, (await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_WRITE)).Error);
        Assert.Equal(Errno.OK, (await SetFlagsAsync(c, file, InodeFlags.APPEND_FL)).Error);
        Assert.Equal(Errno.EPERM, (await c.OpenAsync(MdtWorld.Root, "f", MdsOpenFlags.FMODE_WRITE)).Error);
        const MdsOpenFlags append = MdsOpenFlags.FMODE_WRITE | MdsOpenFlags.APPEND;
        Assert.Equal(Errno.OK, (await c.OpenAsync(MdtWorld.Root, "f", append)).Error);
        c.Uid = Alice;
        Assert.Equal(Errno.EPERM, (await SetFlagsAsync(c, file, 0)).Error);
    });

    static Task<MdtAnswer> SetFlagsAsync(MdtClient c, Fid fid, InodeFlags flags) =>
        c.SetattrAsync(fid, new MdtRecSetattr { Valid = MdsAttrFlags.ATTR_FLAG, AttrFlags = flags });

    [Fact]
    public void Paths_are_found_by_the_names_that_objects_keep() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid a = await c.MakeDirAsync(MdtWorld.Root, "a");
        Fid b = await c.MakeDirAsync(a, "b");
        Fid file = await c.MakeFileAsync(b, "file");
        await c.LinkAsync(file, MdtWorld.Root, "other");
        Assert.Equal((Errno.OK, "a/b/file"), await c.PathAsync(file, 0));
        Assert.Equal((Errno.OK, "other"), await c.PathAsync(file, 1));
        Assert.Equal(Errno.ENODATA, (await c.PathAsync(file, 2)).Error);
        await c.RenameAsync(MdtWorld.Root, "a", MdtWorld.Root, "z", 0x4000);
        Assert.Equal((Errno.OK, "z/b/file"), await c.PathAsync(file, 1 - 1));
        Assert.Equal((Errno.OK, ""), await c.PathAsync(MdtWorld.Root, 0));
        Assert.Equal(Errno.ENOENT, (await c.PathAsync(new Fid(FidSeq.NORMAL + 7, 7), 0)).Error);
    });
}
