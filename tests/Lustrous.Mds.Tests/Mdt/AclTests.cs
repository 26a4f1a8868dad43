using System.Buffers.Binary;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>POSIX ACLs at the MDT: kept with the mode in agreement, inherited, checked, told with attributes.</summary>
public sealed class AclTests
{
    const string Access = "system.posix_acl_access", Default = "system.posix_acl_default";
    const uint Alice = 1000, Bob = 1001, Team = 50;
    const ushort UserObject = 1, User = 2, GroupObject = 4, Group = 8, Mask = 0x10, Other = 0x20;

    [Fact]
    public void An_acl_and_the_mode_say_the_same() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid file = await c.MakeFileAsync(MdtWorld.Root, "f", 0x1A4);
        byte[] acl = Acl((UserObject, 6, 0), (User, 7, Bob), (GroupObject, 4, 0), (Mask, 6, 0), (Other, 0, 0));
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(file, Access, acl)).Error);
        MdtAnswer stat = await c.StatAsync(file);
        Assert.Equal(0x81B0u, stat.Body.Mode);                  // rw-rw----: the mask is the group's bits
        Assert.Equal(acl, stat.Acl);
        Assert.Equal((uint)acl.Length, stat.Body.AclSize);
        Assert.True(stat.Body.Valid.HasFlag(MdtValid.FLACL));
        // chmod changes the mask, not what the group itself has.
        Assert.Equal(Errno.OK, (await c.ChmodAsync(file, 0x1C1)).Error);
        byte[] after = Acl((UserObject, 7, 0), (User, 7, Bob), (GroupObject, 4, 0), (Mask, 0, 0), (Other, 1, 0));
        Assert.Equal(after, (await c.GetxattrAsync(file, Access)).Value);
        // What the mode says is kept as the mode alone.
        byte[] plain = Acl((UserObject, 6, 0), (GroupObject, 6, 0), (Other, 4, 0));
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(file, Access, plain)).Error);
        Assert.Equal(Errno.ENODATA, (await c.GetxattrAsync(file, Access)).Error);
        stat = await c.StatAsync(file);
        Assert.Equal((0x81B4u, 0u), (stat.Body.Mode, stat.Body.AclSize));
        Assert.True(stat.Body.Valid.HasFlag(MdtValid.FLACL));
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(file, Access, null)).Error);
    });

    [Fact]
    public void Named_users_and_groups_are_let_in_as_far_as_the_mask_goes() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid file = await c.MakeFileAsync(MdtWorld.Root, "f", 0x180);
        await c.SetxattrAsync(file, Access, Acl(
            (UserObject, 6, 0), (User, 6, Bob), (GroupObject, 0, 0), (Group, 4, Team), (Mask, 4, 0), (Other, 0, 0)));
        c.Uid = Bob;
        Assert.Equal(Errno.OK, (await OpenAsync(c, MdsOpenFlags.FMODE_READ)).Error);
        Assert.Equal(Errno.EACCES, (await OpenAsync(c, MdsOpenFlags.FMODE_WRITE)).Error);
        c.Uid = Alice;
        Assert.Equal(Errno.EACCES, (await OpenAsync(c, MdsOpenFlags.FMODE_READ)).Error);
        c.SupplementaryGid = Team;
        MdtAnswer opened = await OpenAsync(c, MdsOpenFlags.FMODE_READ);
        Assert.Equal(Errno.OK, opened.Error);
        Assert.Equal(opened.Body.AclSize, (uint)opened.Acl.Length);
        Assert.NotEqual(0u, opened.Body.AclSize);
        Assert.Equal(Errno.EACCES, (await c.SetxattrAsync(file, "user.x", [1])).Error);
        c.Uid = 0;
        Assert.Equal(Errno.OK, (await OpenAsync(c, MdsOpenFlags.FMODE_WRITE)).Error);
    });

    [Fact]
    public void Directories_are_searched_and_written_by_their_acl() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid directory = await c.MakeDirAsync(MdtWorld.Root, "d", 0x1C0);
        await c.SetxattrAsync(directory, Access, Acl(
            (UserObject, 7, 0), (User, 7, Bob), (User, 1, Alice), (GroupObject, 0, 0), (Mask, 7, 0), (Other, 0, 0)));
        c.Uid = Bob;
        await c.MakeFileAsync(directory, "f");
        c.Uid = Alice;
        Assert.Equal(Errno.OK, (await c.StatAsync(directory, "f")).Error);
        Assert.Equal(Errno.EACCES, (await c.UnlinkAsync(directory, "f")).Error);
        Assert.Equal(Errno.EACCES, (await c.MkdirAsync(directory, "g")).Error);
        c.Uid = Bob;
        Assert.Equal(Errno.OK, (await c.UnlinkAsync(directory, "f")).Error);
        c.Uid = 1002;
        Assert.Equal(Errno.EACCES, (await c.StatAsync(directory, "f")).Error);
    });

    [Fact]
    public void A_default_acl_is_inherited_in_the_place_of_the_umask() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid directory = await c.MakeDirAsync(MdtWorld.Root, "d");
        byte[] defaults = Acl(
            (UserObject, 7, 0), (User, 6, Bob), (GroupObject, 5, 0), (Mask, 7, 0), (Other, 4, 0));
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(directory, Default, defaults)).Error);
        c.Umask = 0x3F;     // 077
        MdtAnswer file = await c.CreateFileAsync(directory, "f", 0x1B6);
        Assert.Equal(0x81B4u, file.Body.Mode);
        byte[] expected = Acl((UserObject, 6, 0), (User, 6, Bob), (GroupObject, 5, 0), (Mask, 6, 0), (Other, 4, 0));
        Assert.Equal(expected, (await c.GetxattrAsync(file.Fid, Access)).Value);
        Assert.Equal(Errno.ENODATA, (await c.GetxattrAsync(file.Fid, Default)).Error);
        MdtAnswer below = await c.MkdirAsync(directory, "below", 0x1FF);
        Assert.Equal(0x41FCu, below.Body.Mode);
        Assert.Equal(defaults, (await c.GetxattrAsync(below.Fid, Default)).Value);
        MdtAnswer link = await c.SymlinkAsync(directory, "l", "f");
        Assert.Equal(Errno.ENODATA, (await c.GetxattrAsync(link.Fid, Access)).Error);
        // One that says no more than the mode leaves no ACL behind, and without one the umask counts.
        await c.SetxattrAsync(directory, Default, Acl((UserObject, 7, 0), (GroupObject, 5, 0), (Other, 5, 0)));
        MdtAnswer second = await c.CreateFileAsync(directory, "g", 0x1B6);
        Assert.Equal(0x81A4u, second.Body.Mode);
        Assert.Equal(Errno.ENODATA, (await c.GetxattrAsync(second.Fid, Access)).Error);
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(directory, Default, null)).Error);
        Assert.Equal(0x8180u, (await c.CreateFileAsync(directory, "h", 0x1B6)).Body.Mode);
    });

    [Fact]
    public void Only_the_owner_sets_them_and_only_where_they_mean_something() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid file = await c.MakeFileAsync(MdtWorld.Root, "f", 0x1FF);
        byte[] acl = Acl((UserObject, 7, 0), (GroupObject, 5, 0), (Other, 5, 0));
        Assert.Equal(Errno.EACCES, (await c.SetxattrAsync(file, Default, acl)).Error);
        Assert.Equal(Errno.EINVAL, (await c.SetxattrAsync(file, Access, acl[..^8])).Error);
        MdtAnswer link = await c.SymlinkAsync(MdtWorld.Root, "l", "f");
        Assert.Equal(Errno.EOPNOTSUPP, (await c.SetxattrAsync(link.Fid, Access, acl)).Error);
        c.Uid = Alice;
        Assert.Equal(Errno.EPERM, (await c.SetxattrAsync(file, Access, acl)).Error);
        Assert.Equal(Errno.EPERM, (await c.SetxattrAsync(file, Access, null)).Error);
    });

    [Fact]
    public void Whoever_keeps_permissions_is_told_of_a_new_acl() => MdtWorld.Run(async world =>
    {
        MdtClient a = world.Client, b = world[1];
        Fid file = await a.MakeFileAsync(MdtWorld.Root, "f");
        MdtAnswer kept = await b.StatAsync(file);
        Assert.NotNull(kept.Lock);
        byte[] acl = Acl((UserObject, 7, 0), (User, 7, Bob), (GroupObject, 5, 0), (Mask, 7, 0), (Other, 5, 0));
        Assert.Equal(Errno.OK, (await a.SetxattrAsync(file, Access, acl)).Error);
        Assert.Equal(acl, (await b.StatAsync(file)).Acl);
    }, clients: 2);

    [Fact]
    public void More_than_an_old_client_has_room_for_is_refused() => MdtWorld.Run(async world =>
    {
        MdtClient c = world.Client;
        Fid file = await c.MakeFileAsync(MdtWorld.Root, "f");
        (ushort, ushort, uint)[] many =
        [
            (UserObject, 7, 0), .. Enumerable.Range(0, 40).Select(i => (User, (ushort)4, (uint)i)),
            (GroupObject, 5, 0), (Mask, 7, 0), (Other, 5, 0),
        ];
        Assert.Equal(Errno.OK, (await c.SetxattrAsync(file, Access, Acl(many))).Error);
        Assert.Equal(Errno.ERANGE, (await c.StatAsync(file)).Error);
        // Permissions are checked all the same.
        c.Uid = 12;
        Assert.Equal(Errno.EACCES, (await c.SetxattrAsync(file, "user.x", [1])).Error);
        Assert.Equal(4 + many.Length * 8, (await c.GetxattrAsync(file, Access)).Value.Length);
    });

    static Task<MdtAnswer> OpenAsync(MdtClient c, MdsOpenFlags flags) => c.OpenAsync(MdtWorld.Root, "f", flags);

    static byte[] Acl(params (ushort Tag, ushort Allowed, uint Id)[] entries)
    {
        var acl = new byte[4 + entries.Length * 8];
        acl[0] = 2;
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> at = acl.AsSpan(4 + i * 8);
            BinaryPrimitives.WriteUInt16LittleEndian(at, entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], entries[i].Allowed);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], entries[i].Id);
        }
        return acl;
    }
}
