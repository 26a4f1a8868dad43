using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class PermissionTests
{
    sealed class Groups(uint member) : ICallerGroups
    {
        public bool Contains(uint pid, uint gid) => gid == member;
    }

    [Fact]
    public void Who_may_not_search_a_directory_finds_nothing_in_it_even_when_it_is_cached() =>
        LliteWorld.Run(async world =>
        {
            LliteClient client = await world.MountAsync();
            await client.MkdirAsync("d");
            LliteInode directory = (await client.LookupAsync("d")).Value.Inode!;
            await client.MkdirAsync("in", directory);
            var mode = new LliteSetattr { Valid = SetattrFields.Mode | SetattrFields.Gid, Mode = 0x1E8, Gid = 7 };
            await client.RunAsync(
                () => client.Mount.SetattrAsync(directory, null, mode, LliteClient.Root, default).AsTask());
            Assert.Equal(Errno.OK, (await client.LookupAsync("in", directory)).Error);
            Assert.Equal(Errno.EACCES, await LookupAsync(client, directory, new Credentials(5, 5)));
            Assert.Equal(Errno.OK, await LookupAsync(client, directory, new Credentials(5, 7)));
            Assert.Equal(
                Errno.OK, await LookupAsync(client, directory, new Credentials(5, 5, Groups: new Groups(7))));
            Assert.Equal(Errno.EACCES, await client.RunAsync(() => client.Mount.AccessAsync(
                directory, 2, new Credentials(5, 7), default).AsTask()));
            Assert.Equal(Errno.EACCES, await client.RunAsync(() => client.Mount.UnlinkAsync(
                directory, "in"u8, new Credentials(5, 7), default).AsTask()));
        });

    [Fact]
    public void Who_is_in_a_group_may_give_a_file_of_its_own_to_it() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteInode inode = (await client.CreateAsync("f")).Value.Opened.File.Inode;
        Assert.Equal(Errno.OK, await SetattrAsync(
            client, inode, new() { Valid = SetattrFields.Uid | SetattrFields.Gid, Uid = 5, Gid = 5 }));
        var group = new LliteSetattr { Valid = SetattrFields.Gid, Gid = 7 };

        Assert.Equal(Errno.EPERM, await SetattrAsync(client, inode, group, new Credentials(5, 5)));
        Assert.Equal(
            Errno.OK, await SetattrAsync(client, inode, group, new Credentials(5, 5, Groups: new Groups(7))));
        Assert.Equal(7u, (await client.StatAsync(inode)).Value.Attributes.Gid);
    });

    [Fact]
    public void Anybody_may_give_a_file_to_nobody() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteInode inode = (await client.CreateAsync("f")).Value.Opened.File.Inode;

        Assert.Equal(Errno.OK, await SetattrAsync(client, inode, new() { Valid = 0 }, new Credentials(5, 5)));
    });

    [Fact]
    public void What_is_open_for_writing_may_be_cut_whatever_its_mode() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteFile file = (await client.CreateAsync("f")).Value.Opened.File;
        LliteInode inode = file.Inode;
        await SetattrAsync(client, inode, new()
        {
            Valid = SetattrFields.Uid | SetattrFields.Gid | SetattrFields.Mode,
            Uid = 5,
            Gid = 5,
        });
        var cut = new LliteSetattr { Valid = SetattrFields.Size, Size = 100 };
        var owner = new Credentials(5, 5);

        Assert.Equal(Errno.EACCES, await SetattrAsync(client, inode, cut, owner));
        Assert.Equal(Errno.OK, await SetattrAsync(client, inode, cut, owner, file));
        await client.CloseAsync(file);
    });

    [Fact]
    public void A_touched_file_has_the_time_of_that_also_when_nothing_was_ever_written_to_it() =>
        LliteWorld.Run(async world =>
        {
            LliteClient client = await world.MountAsync();
            LliteFile file = (await client.CreateAsync("f")).Value.Opened.File;
            await client.CloseAsync(file);
            LliteAttributes before = (await client.StatAsync(file.Inode)).Value.Attributes;
            await world.Delay(TimeSpan.FromSeconds(5));

            Assert.Equal(Errno.OK, await SetattrAsync(client, file.Inode, new()
            {
                Valid = SetattrFields.AtimeNow | SetattrFields.MtimeNow,
            }));

            LliteAttributes after = (await client.StatAsync(file.Inode)).Value.Attributes;
            Assert.InRange(after.Mtime - before.Mtime, 4, 7);
            Assert.InRange(after.Atime - before.Atime, 4, 7);
        });

    static Task<Errno> SetattrAsync(
        LliteClient client, LliteInode inode, LliteSetattr change, Credentials? caller = null,
        LliteFile? file = null) =>
        client.RunAsync(async () => (await client.Mount.SetattrAsync(
            inode, file, change, caller ?? LliteClient.Root, default)).Error);

    static Task<Errno> LookupAsync(LliteClient client, LliteInode directory, Credentials caller) =>
        client.RunAsync(async () =>
            (await client.Mount.LookupAsync(directory, "in"u8, caller, default)).Error);
}
