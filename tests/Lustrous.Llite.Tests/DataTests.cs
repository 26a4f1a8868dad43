using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class DataTests
{
    static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)((i * 31 + seed) >> (i % 7));
        return bytes;
    }

    [Fact]
    public void What_is_written_is_read_back_and_has_its_size() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteFile file = (await client.CreateAsync("f")).Value.Opened.File;
        byte[] bytes = Pattern(300_000, 1);
        Assert.Equal(bytes.Length, (await client.WriteAsync(file, 0, bytes)).Value);
        Assert.Equal(bytes, await client.ReadAsync(file, 0, bytes.Length + 100));
        Result<LliteStat> stat = await client.StatAsync(file.Inode);
        Assert.Equal((ulong)bytes.Length, stat.Value.Attributes.Size);
        Assert.Equal(Errno.OK, await client.CloseAsync(file));
    });

    [Fact]
    public void Data_and_size_written_on_one_mount_are_seen_at_once_on_the_other() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), other = await world.MountAsync();
        LliteFile writer = (await one.CreateAsync("f")).Value.Opened.File;
        LliteInode there = (await other.LookupAsync("f")).Value.Inode!;
        LliteFile reader = await other.OpenAsync(there, LliteOpenFlags.None);
        for (int round = 1; round <= 3; round++)
        {
            byte[] bytes = Pattern(10_000 * round, round);
            Assert.Equal(bytes.Length, (await one.WriteAsync(writer, 0, bytes)).Value);
            Assert.Equal((ulong)bytes.Length, (await other.StatAsync(there)).Value.Attributes.Size);
            Assert.Equal(bytes, await other.ReadAsync(reader, 0, 100_000));
        }
        Assert.Equal(Errno.OK, await one.CloseAsync(writer));
        Assert.Equal(Errno.OK, await other.CloseAsync(reader));
    }, seeds: 3);

    [Fact]
    public void A_file_that_is_cut_is_cut_everywhere() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), other = await world.MountAsync();
        LliteFile writer = (await one.CreateAsync("f")).Value.Opened.File;
        byte[] bytes = Pattern(50_000, 3);
        await one.WriteAsync(writer, 0, bytes);
        LliteInode there = (await other.LookupAsync("f")).Value.Inode!;
        var cut = new LliteSetattr { Valid = SetattrFields.Size, Size = 1000 };
        Result<LliteStat> changed = await other.RunAsync(
            () => other.Mount.SetattrAsync(there, null, cut, LliteClient.Root, default).AsTask());
        Assert.Equal(1000ul, changed.Value.Attributes.Size);
        Assert.Equal(bytes[..1000], await one.ReadAsync(writer, 0, 50_000));
        Assert.Equal(1000ul, (await one.StatAsync(writer.Inode)).Value.Attributes.Size);
        Assert.Equal(Errno.OK, await one.CloseAsync(writer));
    });

    [Fact]
    public void Times_that_are_set_stay_set_although_data_was_written() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), other = await world.MountAsync();
        LliteFile file = (await one.CreateAsync("f")).Value.Opened.File;
        await one.WriteAsync(file, 0, Pattern(5000, 1));
        var times = new LliteSetattr
        {
            Valid = SetattrFields.Mtime | SetattrFields.Atime,
            Mtime = 1_000_000,
            Atime = 2_000_000,
        };
        Result<LliteStat> set = await one.RunAsync(
            () => one.Mount.SetattrAsync(file.Inode, file, times, LliteClient.Root, default).AsTask());
        Assert.Equal((1_000_000L, 2_000_000L), (set.Value.Attributes.Mtime, set.Value.Attributes.Atime));
        Assert.Equal(Errno.OK, await one.CloseAsync(file));
        LliteInode there = (await other.LookupAsync("f")).Value.Inode!;
        LliteAttributes seen = (await other.StatAsync(there)).Value.Attributes;
        Assert.Equal((1_000_000L, 2_000_000L), (seen.Mtime, seen.Atime));
        Assert.Equal(5000ul, seen.Size);
    });

    /// <summary>Whoever has asked the OSTs knows the later time; it counts until their lock on it is gone.</summary>
    [Fact]
    public void Times_that_are_set_back_are_seen_where_the_file_was_looked_at_before() =>
        LliteWorld.Run(async world =>
        {
            LliteClient one = await world.MountAsync(), other = await world.MountAsync();
            LliteFile file = (await one.CreateAsync("f")).Value.Opened.File;
            await one.WriteAsync(file, 0, Pattern(5000, 1));
            LliteInode there = (await other.LookupAsync("f")).Value.Inode!;
            LliteFile reader = await other.OpenAsync(there, LliteOpenFlags.None);
            Assert.Equal(5000, (await other.ReadAsync(reader, 0, 10_000)).Length);
            Assert.NotEqual(1_000_000L, (await other.StatAsync(there)).Value.Attributes.Mtime);
            var times = new LliteSetattr { Valid = SetattrFields.Mtime, Mtime = 1_000_000 };
            await one.RunAsync(
                () => one.Mount.SetattrAsync(file.Inode, null, times, LliteClient.Root, default).AsTask());
            Assert.Equal(1_000_000L, (await other.StatAsync(there)).Value.Attributes.Mtime);
            Assert.Equal(Errno.OK, await one.CloseAsync(file));
            Assert.Equal(Errno.OK, await other.CloseAsync(reader));
        }, seeds: 3);

    [Fact]
    public void Appends_of_two_mounts_never_overlap() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), other = await world.MountAsync();
        LliteFile first = (await one.CreateAsync("f", flags: LliteOpenFlags.ReadWrite | LliteOpenFlags.Append))
            .Value.Opened.File;
        LliteInode there = (await other.LookupAsync("f")).Value.Inode!;
        LliteFile second = await other.OpenAsync(there, LliteOpenFlags.WriteOnly | LliteOpenFlags.Append);
        for (int i = 0; i < 5; i++)
        {
            Task a = one.WriteAsync(first, 0, [.. Enumerable.Repeat((byte)1, 100)]);
            Task b = other.WriteAsync(second, 0, [.. Enumerable.Repeat((byte)2, 100)]);
            await Task.WhenAll(a, b);
        }
        byte[] all = await one.ReadAsync(first, 0, 2000);
        Assert.Equal(1000, all.Length);
        Assert.Equal(500, all.Count(value => value == 1));
        Assert.Equal(Errno.OK, await one.CloseAsync(first));
        Assert.Equal(Errno.OK, await other.CloseAsync(second));
    }, seeds: 3);

    [Fact]
    public void An_unlinked_file_lives_until_it_is_closed() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteFile file = (await client.CreateAsync("f")).Value.Opened.File;
        byte[] bytes = Pattern(9000, 1);
        await client.WriteAsync(file, 0, bytes);
        Assert.Equal(Errno.OK, await client.UnlinkAsync("f"));
        Assert.Equal(bytes, await client.ReadAsync(file, 0, 9000));
        Assert.Equal(0u, (await client.StatAsync(file.Inode)).Value.Attributes.Nlink);
        Assert.Equal(Errno.OK, await client.CloseAsync(file));
    });
}
