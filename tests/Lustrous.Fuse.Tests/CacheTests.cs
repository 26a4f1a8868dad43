using System.Text;
using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Tests;

/// <summary>What the kernel may keep, and how it is taken back.</summary>
public sealed class CacheTests
{
    public static TheoryData<FuseTransportKind> Transports => [FuseTransportKind.Device, FuseTransportKind.Uring];

    [Theory, MemberData(nameof(Transports))]
    public async Task Attributes_and_pages_are_kept_until_they_are_taken_back(FuseTransportKind transport)
    {
        var memory = new MemoryFileSystem { Validity = uint.MaxValue, OpenFlags = FuseOpenFlags.KeepCache };
        memory.Put("data", "before"u8.ToArray());
        memory.Put("size", new byte[6]);
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        Assert.Equal("before", File.ReadAllText(mounted["data"]));
        Assert.Equal(6, new FileInfo(mounted["size"]).Length);

        MemoryFileSystem.Node data = memory.Find("data"), size = memory.Find("size");
        data.Data = "behind"u8.ToArray();
        size.Data = new byte[10];
        Assert.Equal("before", File.ReadAllText(mounted["data"]));
        Assert.Equal(6, new FileInfo(mounted["size"]).Length);

        Assert.Equal(Errno.OK, await memory.Session!.InvalidateInodeAsync(size.Id));
        Assert.Equal(10, new FileInfo(mounted["size"]).Length);
        Assert.Equal(Errno.OK, await memory.Session!.InvalidateInodeAsync(data.Id, 0));
        Assert.Equal("behind", File.ReadAllText(mounted["data"]));
        Assert.Equal(Errno.ENOENT, await memory.Session!.InvalidateInodeAsync(4711));
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task A_name_is_kept_until_it_is_taken_back(FuseTransportKind transport)
    {
        var memory = new MemoryFileSystem { Validity = uint.MaxValue };
        memory.Put("here", []);
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        Assert.True(File.Exists(mounted["here"]));

        memory.Find("").Children.Remove("here");
        Assert.True(File.Exists(mounted["here"]));
        Assert.Equal(Errno.OK, await memory.Session!.InvalidateEntryAsync(1, "here"u8));
        Assert.False(File.Exists(mounted["here"]));
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task A_name_is_taken_back_while_the_kernel_holds_its_directory(FuseTransportKind transport)
    {
        var memory = new MemoryFileSystem { Validity = uint.MaxValue };
        memory.Put("here", []);
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        Assert.SkipUnless(memory.Session!.Minor >= 44, "this kernel cannot declare all names old (Linux 6.16)");
        Assert.True(File.Exists(mounted["here"]));
        Task mkdir = Task.Factory.StartNew(
            () => Directory.CreateDirectory(mounted["blocked"]), TaskCreationOptions.LongRunning);
        await memory.MkdirBegan.Task;

        memory.Find("").Children.Remove("here");
        Assert.Equal(Errno.OK, await memory.Session!.InvalidateEntryAsync(1, "here"u8));

        Assert.False(mkdir.IsCompleted);
        memory.MkdirMayEnd.SetResult();
        await mkdir;
        Assert.False(File.Exists(mounted["here"]));
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task A_warm_listing_of_20000_files_asks_nothing(FuseTransportKind transport)
    {
        var memory = new MemoryFileSystem { Validity = uint.MaxValue, KernelOpensDirectories = true };
        for (int i = 0; i < 20_000; i++)
            memory.Put($"file-{i:D5}", [1]);
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        long Sizes() => new DirectoryInfo(mounted.Path).EnumerateFiles().Sum(file => file.Length);
        Sizes();
        Assert.Equal(20_000, Sizes());

        // A kernel that is short of memory may drop the listing once and read it again: one of a few passes must ask
        // nothing. Where nothing is kept, every pass asks.
        var asked = new List<int>();
        do
        {
            int before = memory.Requests;
            Assert.Equal(20_000, Sizes());
            asked.Add(memory.Requests - before);
        }
        while (asked[^1] > 0 && asked.Count < 5);
        Assert.True(asked[^1] == 0, $"requests of each warm pass: {string.Join(", ", asked)}");

        // Nor is it forgotten that a change must be seen.
        memory.Put("one-more", Encoding.ASCII.GetBytes("12345"));
        await memory.Session!.InvalidateInodeAsync(1, 0);
        Assert.Equal(20_005, Sizes());
    }
}
