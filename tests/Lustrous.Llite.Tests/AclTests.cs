using System.Buffers.Binary;
using System.Text;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

/// <summary>POSIX ACLs on two mounts.</summary>
public sealed class AclTests
{
    const string Access = "system.posix_acl_access", Default = "system.posix_acl_default";
    const ushort UserObject = 1, User = 2, GroupObject = 4, Group = 8, Mask = 0x10, Other = 0x20;

    sealed class Groups(uint member) : ICallerGroups
    {
        public bool Contains(uint pid, uint gid) => gid == member;
    }

    [Fact]
    public void An_acl_that_one_mount_sets_counts_on_the_other_at_once() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), two = await world.MountAsync();
        LliteInode here = await FileAsync(one, "f", 0x180);
        LliteInode there = (await two.LookupAsync("f")).Value.Inode!;
        var bob = new Credentials(5, 5);
        Assert.Equal(Errno.EACCES, await AccessAsync(two, there, bob));
        Assert.Equal(Errno.ENODATA, (await GetAsync(two, there, Access)).Error);
        byte[] acl = Acl((UserObject, 6, 0), (User, 4, 5), (GroupObject, 0, 0), (Mask, 4, 0), (Other, 0, 0));
        Assert.Equal(Errno.OK, await SetAsync(one, here, Access, acl));
        Assert.Equal(Errno.OK, await AccessAsync(two, there, bob));
        Assert.Equal(0x81A0u, (await two.StatAsync(there)).Value.Attributes.Mode);
        Assert.Equal(acl, (await GetAsync(two, there, Access)).Value);
        Assert.Equal(Errno.OK, await OpenAsync(two, there, bob));
        // The mask goes with the mode, and what it does not let through is not let through.
        var mode = new LliteSetattr { Valid = SetattrFields.Mode, Mode = 0x180 };
        Assert.Equal(Errno.OK, (await two.RunAsync(
            () => two.Mount.SetattrAsync(there, null, mode, LliteClient.Root, default).AsTask())).Error);
        Assert.Equal(Errno.EACCES, await AccessAsync(one, here, bob));
        Assert.Equal(Errno.EACCES, await OpenAsync(one, here, bob));
        Assert.Equal(Errno.OK, await RemoveAsync(one, here, Access));
        Assert.Equal(Errno.ENODATA, (await GetAsync(two, there, Access)).Error);
    });

    [Fact]
    public void A_group_of_the_acl_is_told_to_the_server() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync();
        LliteInode file = await FileAsync(one, "f", 0x180);
        Assert.Equal(Errno.OK, await SetAsync(one, file, Access, Acl(
            (UserObject, 6, 0), (GroupObject, 0, 0), (Group, 4, 77), (Mask, 4, 0), (Other, 0, 0))));
        Assert.Equal(Errno.EACCES, await OpenAsync(one, file, new Credentials(5, 5)));
        Assert.Equal(Errno.OK, await AccessAsync(one, file, new Credentials(5, 5, Groups: new Groups(77))));
        Assert.Equal(Errno.OK, await OpenAsync(one, file, new Credentials(5, 5, Groups: new Groups(77))));
    });

    [Fact]
    public void Asking_for_the_acl_of_what_is_known_costs_no_request() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync();
        LliteInode file = await FileAsync(one, "f", 0x1A4);
        await one.StatAsync(file);
        long before = one.Requests;
        Assert.Equal(Errno.ENODATA, (await GetAsync(one, file, Access)).Error);
        Assert.Equal(before, one.Requests);
    });

    [Fact]
    public void A_default_acl_is_inherited() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync();
        LliteInode directory = (await one.MkdirAsync("d")).Value.Inode!;
        byte[] defaults = Acl((UserObject, 7, 0), (User, 6, 5), (GroupObject, 5, 0), (Mask, 7, 0), (Other, 4, 0));
        Assert.Equal(Errno.OK, await SetAsync(one, directory, Default, defaults));
        Assert.Equal(defaults, (await GetAsync(one, directory, Default)).Value);
        Result<LliteCreated> made = await one.RunAsync(() => one.Mount.CreateAsync(
            directory, "f"u8, 0x1B6, LliteOpenFlags.ReadWrite | LliteOpenFlags.Create,
            LliteClient.Root with { Umask = 0x3F }, default).AsTask());
        Assert.Equal(0x81B4u, made.Value.Entry.Attributes.Mode);
        byte[] expected = Acl((UserObject, 6, 0), (User, 6, 5), (GroupObject, 5, 0), (Mask, 6, 0), (Other, 4, 0));
        Assert.Equal(expected, (await GetAsync(one, made.Value.Entry.Inode!, Access)).Value);
        await one.CloseAsync(made.Value.Opened.File);
    });

    static async Task<LliteInode> FileAsync(LliteClient client, string name, uint mode)
    {
        LliteCreated made = (await client.CreateAsync(name, mode)).Value;
        await client.CloseAsync(made.Opened.File);
        return made.Entry.Inode!;
    }

    static Task<Errno> AccessAsync(LliteClient client, LliteInode inode, Credentials who) =>
        client.RunAsync(() => client.Mount.AccessAsync(inode, 4, who, default).AsTask());

    static Task<Errno> OpenAsync(LliteClient client, LliteInode inode, Credentials who) =>
        client.RunAsync(async () =>
        {
            Result<LliteOpened> opened = await client.Mount.OpenAsync(inode, LliteOpenFlags.None, who, default);
            return opened.Failed ? opened.Error : await client.Mount.ReleaseAsync(opened.Value.File);
        });

    static Task<Errno> SetAsync(LliteClient client, LliteInode inode, string name, byte[] value) =>
        client.RunAsync(() => client.Mount.SetxattrAsync(
            inode, Encoding.ASCII.GetBytes(name), value, 0, LliteClient.Root, default).AsTask());

    static Task<Errno> RemoveAsync(LliteClient client, LliteInode inode, string name) =>
        client.RunAsync(() => client.Mount.RemovexattrAsync(
            inode, Encoding.ASCII.GetBytes(name), LliteClient.Root, default).AsTask());

    static Task<(Errno Error, byte[] Value)> GetAsync(LliteClient client, LliteInode inode, string name) =>
        client.RunAsync(async () =>
        {
            using PooledBuffer buffer = client.Mount.Context.Buffers.Take(1024);
            Result<int> length = await client.Mount.GetxattrAsync(
                inode, Encoding.ASCII.GetBytes(name), buffer.Slice(0, 1024), LliteClient.Root, default);
            return (length.Error, length.Failed ? [] : buffer.Span[..length.Value].ToArray());
        });

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
