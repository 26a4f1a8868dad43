using System.Globalization;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class DirectoryTests
{
    static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"file-{i:D5}");

    static async Task FillAsync(LliteClient client, LliteInode directory, int count)
    {
        await client.RunAsync(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                Result<LliteEntry> made = await client.Mount.MknodAsync(
                    directory, LliteClient.Bytes(Name(i)), 0x1A4, 0, LliteClient.Root, default);
                Assert.Equal(Errno.OK, made.Error);
                client.Mount.Forget(made.Value.Inode!.NodeId, 1);
            }
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20_000)]
    public void Every_entry_is_listed_once_whatever_the_size_of_the_pieces(int count) =>
        LliteWorld.Run(async world =>
        {
            LliteClient client = await world.MountAsync();
            LliteInode directory = (await client.MkdirAsync("d")).Value.Inode!;
            await FillAsync(client, directory, count);
            NameList names = await client.ListAsync(directory, piece: 113);
            string[] expected = [".", "..", .. Enumerable.Range(0, count).Select(Name)];
            Assert.Equal(expected.Order(StringComparer.Ordinal), names.Names.Order(StringComparer.Ordinal));
            Assert.Equal(expected.Length, names.Names.Count);
        });

    [Fact]
    public void A_listing_is_read_once_and_asked_for_again_after_a_change_elsewhere() =>
        LliteWorld.Run(async world =>
        {
            LliteClient one = await world.MountAsync(), other = await world.MountAsync();
            await one.MkdirAsync("a");
            Assert.Equal(3, (await one.ListAsync(one.Mount.Root)).Names.Count);
            long before = one.Requests;
            Assert.Equal(3, (await one.ListAsync(one.Mount.Root)).Names.Count);
            Assert.Equal(before, one.Requests);
            await other.MkdirAsync("b");
            Assert.Equal(4, (await one.ListAsync(one.Mount.Root)).Names.Count);
        });

    [Fact]
    public void Readdirplus_brings_attributes_in_few_round_trips() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), other = await world.MountAsync();
        LliteInode directory = (await one.MkdirAsync("d")).Value.Inode!;
        await FillAsync(one, directory, 200);
        LliteInode there = (await other.LookupAsync("d")).Value.Inode!;
        TimeSpan start = other.Mount.Context.Uptime;
        await other.StatAsync(there);
        await other.LookupAsync(Name(0), there);
        TimeSpan oneTrip = other.Mount.Context.Uptime - start;
        start = other.Mount.Context.Uptime;
        NameList names = await other.ListAsync(there, plus: true);
        TimeSpan all = other.Mount.Context.Uptime - start;
        Assert.Equal(200, names.Entries.Count(entry => entry.Inode is not null));
        Assert.All(names.Entries.Where(entry => entry.Inode is not null), entry =>
        {
            Assert.True(entry.Attributes.IsRegular);
            Assert.True(entry.EntryMayCache);
        });
        Assert.True(all < oneTrip * 100, $"{all} for 200 entries, {oneTrip} for one");
        long before = other.Requests;
        await other.ListAsync(there, plus: true);
        Assert.Equal(before, other.Requests);
    });
}
