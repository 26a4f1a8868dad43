using System.Globalization;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

/// <summary>Directories listed with attributes by who knows nothing of their files yet.</summary>
public sealed class StataheadTests
{
    const int Files = 300;

    [Fact]
    public void A_cold_listing_asks_for_many_files_at_once_and_tells_all_about_each() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), two = await world.MountAsync();
        LliteInode directory = (await one.MkdirAsync("d")).Value.Inode!;
        for (int i = 0; i < Files; i++)
        {
            LliteFile file = (await one.CreateAsync(NameOf(i), parent: directory)).Value.Opened.File;
            if (i % 50 == 0)
                Assert.Equal(i + 1, (await one.WriteAsync(file, 0, new byte[i + 1])).Value);
            Assert.Equal(Errno.OK, await one.CloseAsync(file));
        }
        await one.MkdirAsync("below", directory);
        LliteInode there = (await two.LookupAsync("d")).Value.Inode!;
        long before = two.Requests;
        NameList names = await two.ListAsync(there, plus: true, piece: 1000);
        Assert.Equal(Files + 3, names.Names.Count);
        // The lock of the directory, its pages, and the batches; names the kernel does not know are looked up alone.
        Assert.InRange(two.Requests - before, 3, 15);
        for (int i = 0; i < names.Names.Count; i++)
        {
            if (names.Names[i] is "." or "..")
                continue;
            LliteEntry entry = names.Entries[i];
            Assert.True(entry is { Inode: not null, EntryMayCache: true }, names.Names[i]);
            if (names.Names[i] == "below")
                continue;
            int number = int.Parse(names.Names[i].AsSpan(1), CultureInfo.InvariantCulture);
            // The maker still has the locks of what it made to write, and says its size.
            bool isWritten = number % 50 == 0;
            Assert.Equal(isWritten ? (ulong)number + 1 : 0, entry.Attributes.Size);
        }
        // What came stays right: the other mount's changes are seen.
        before = two.Requests;
        await two.ListAsync(there, plus: true, piece: 1000);
        Assert.Equal(before, two.Requests);
        Assert.Equal(Errno.OK, await one.UnlinkAsync(NameOf(7), directory));
        Assert.Equal(Errno.ENOENT, (await two.LookupAsync(NameOf(7), there)).Error);
        Assert.Equal(Files + 2, (await two.ListAsync(there, plus: true)).Names.Count);
    });

    [Fact]
    public void A_listing_while_others_change_the_directory_misses_nothing_that_stays() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), two = await world.MountAsync();
        LliteInode directory = (await one.MkdirAsync("d")).Value.Inode!;
        for (int i = 0; i < 100; i++)
        {
            LliteFile file = (await one.CreateAsync(NameOf(i), parent: directory)).Value.Opened.File;
            await one.CloseAsync(file);
        }
        LliteInode there = (await two.LookupAsync("d")).Value.Inode!;
        Task<NameList> listing = two.ListAsync(there, plus: true, piece: 1000);
        for (int i = 0; i < 100; i += 3)
            Assert.Equal(Errno.OK, await one.UnlinkAsync(NameOf(i), directory));
        NameList names = await listing;
        for (int i = 0; i < 100; i++)
        {
            if (i % 3 != 0)
                Assert.Contains(NameOf(i), names.Names);
        }
        NameList after = await two.ListAsync(there, plus: true);
        Assert.Equal(100 - 34 + 2, after.Names.Count);
        Assert.All(after.Names.Zip(after.Entries), pair =>
            Assert.True(pair.First is "." or ".." || pair.Second.Inode is not null, pair.First));
    }, seeds: 10);

    static string NameOf(int i) => string.Create(CultureInfo.InvariantCulture, $"f{i}");
}
