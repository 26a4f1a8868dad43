using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class NamespaceTests
{
    [Fact]
    public void The_root_is_the_root_of_the_file_system() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        Assert.Equal(Fid.Root, client.Mount.Root.Fid);
        Result<LliteStat> stat = await client.StatAsync(client.Mount.Root);
        Assert.Equal(Errno.OK, stat.Error);
        Assert.True(stat.Value.Attributes.IsDirectory);
        Assert.True(stat.Value.MayCache);
    });

    [Fact]
    public void A_directory_is_made_found_and_removed() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        Assert.Equal(Errno.ENOENT, (await client.LookupAsync("d")).Error);
        Result<LliteEntry> made = await client.MkdirAsync("d");
        Assert.Equal(Errno.OK, made.Error);
        Assert.Equal(0x41EDu & ~0x12u, made.Value.Attributes.Mode);
        Assert.Equal(Errno.EEXIST, (await client.MkdirAsync("d")).Error);
        Result<LliteEntry> found = await client.LookupAsync("d");
        Assert.Equal(made.Value.Inode, found.Value.Inode);
        Assert.Equal(Errno.OK, await client.RmdirAsync("d"));
        Assert.Equal(Errno.ENOENT, (await client.LookupAsync("d")).Error);
    });

    [Fact]
    public void A_second_lookup_and_stat_ask_nobody() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        await client.MkdirAsync("d");
        Result<LliteEntry> first = await client.LookupAsync("d");
        Assert.True(first.Value.EntryMayCache);
        await client.StatAsync(client.Mount.Root);
        long before = client.Requests;
        Result<LliteEntry> second = await client.LookupAsync("d");
        Result<LliteStat> stat = await client.StatAsync(second.Value.Inode!);
        Assert.True(second.Value.EntryMayCache && second.Value.AttributesMayCache && stat.Value.MayCache);
        Assert.Equal(before, client.Requests);
    });

    [Fact]
    public void A_symbolic_link_keeps_its_target() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), other = await world.MountAsync();
        Result<LliteEntry> made = await one.RunAsync(() => one.Mount.SymlinkAsync(
            one.Mount.Root, "l"u8, "a/b/c"u8, LliteClient.Root, default).AsTask());
        Assert.Equal(Errno.OK, made.Error);
        Result<LliteEntry> found = await other.LookupAsync("l");
        Result<ReadOnlyMemory<byte>> target = await other.RunAsync(() => other.Mount.ReadlinkAsync(
            found.Value.Inode!, LliteClient.Root, default).AsTask());
        Assert.Equal("a/b/c"u8.ToArray(), target.Value.ToArray());
        Assert.Equal(5ul, found.Value.Attributes.Size);
    });

    [Fact]
    public void Names_created_renamed_and_removed_on_one_mount_are_so_at_once_on_the_other() =>
        LliteWorld.Run(async world =>
        {
            LliteClient one = await world.MountAsync(), other = await world.MountAsync();
            Assert.Equal(Errno.ENOENT, (await other.LookupAsync("a")).Error);
            Result<LliteCreated> created = await one.CreateAsync("a");
            Assert.Equal(Errno.OK, created.Error);
            Assert.Equal(Errno.OK, await one.CloseAsync(created.Value.Opened.File));
            Result<LliteEntry> seen = await other.LookupAsync("a");
            Assert.Equal(created.Value.Entry.Inode!.Fid, seen.Value.Inode?.Fid);
            Assert.Equal(Errno.OK, await one.RenameAsync("a", "b"));
            Assert.Equal(Errno.ENOENT, (await other.LookupAsync("a")).Error);
            Assert.Equal(Errno.OK, (await other.LookupAsync("b")).Error);
            Assert.Equal(Errno.OK, await other.UnlinkAsync("b"));
            Assert.Equal(Errno.ENOENT, (await one.LookupAsync("b")).Error);
        }, seeds: 5);

    [Fact]
    public void Wrong_names_get_the_right_errno() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        string tooLong = new('x', 256);
        Assert.Equal(Errno.ENAMETOOLONG, (await client.LookupAsync(tooLong)).Error);
        Assert.Equal(Errno.ENAMETOOLONG, (await client.CreateAsync(tooLong)).Error);
        Assert.Equal(Errno.ENOENT, await client.UnlinkAsync("missing"));
        await client.MkdirAsync("d");
        Assert.Equal(Errno.EISDIR, await client.UnlinkAsync("d"));
        LliteInode directory = (await client.LookupAsync("d")).Value.Inode!;
        LliteFile file = (await client.CreateAsync("f", parent: directory)).Value.Opened.File;
        Assert.Equal(Errno.ENOTDIR, await client.RmdirAsync("f", directory));
        Assert.Equal(Errno.ENOTDIR, (await client.LookupAsync("x", file.Inode)).Error);
        Assert.Equal(Errno.ENOTEMPTY, await client.RmdirAsync("d"));
        Assert.Equal(Errno.EEXIST, (await client.CreateAsync("f", parent: directory)).Error);
    });
}
