using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Tests;

/// <summary>What programs do to a real mount, over both transports, answered at once and from other threads.</summary>
public sealed class TransportTests
{
    public static TheoryData<FuseTransportKind, bool> Ways => new()
    {
        { FuseTransportKind.Device, false },
        { FuseTransportKind.Device, true },
        { FuseTransportKind.Uring, false },
        { FuseTransportKind.Uring, true },
    };

    [Theory, MemberData(nameof(Ways))]
    public async Task Files_are_written_read_renamed_and_removed(FuseTransportKind transport, bool later)
    {
        var memory = new MemoryFileSystem { AnswersLater = later };
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        byte[] data = new byte[3_000_001];
        new Random(1).NextBytes(data);

        Directory.CreateDirectory(mounted["dir"]);
        await File.WriteAllBytesAsync(mounted["dir/a"], data, TestContext.Current.CancellationToken);
        Assert.Equal(data, memory.Find("dir/a").Data);
        Assert.Equal(data, await File.ReadAllBytesAsync(mounted["dir/a"], TestContext.Current.CancellationToken));
        File.Move(mounted["dir/a"], mounted["b"]);
        Assert.False(File.Exists(mounted["dir/a"]));
        Assert.Equal(data.Length, new FileInfo(mounted["b"]).Length);
        Assert.Equal(0, Posix.chmod(mounted["b"], 0x100));
        Assert.Equal(0x8100u, memory.Find("b").Mode);
        using (FileStream file = File.Open(mounted["b"], FileMode.Open, FileAccess.ReadWrite))
            file.SetLength(10);
        Assert.Equal(data[..10], memory.Find("b").Data);
        File.WriteAllBytes(mounted["b"], [1]);                    // O_TRUNC
        Assert.Equal([1], memory.Find("b").Data);
        File.Delete(mounted["b"]);
        Directory.Delete(mounted["dir"]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(mounted.Path));
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task A_directory_of_20000_files_is_listed_with_attributes(FuseTransportKind transport, bool later)
    {
        var memory = new MemoryFileSystem { AnswersLater = later, Validity = 1000 };
        const int count = 20_000;
        for (int i = 0; i < count; i++)
            memory.Put($"file-{i:D5}", [1, 2, 3]);
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);

        FileInfo[] files = new DirectoryInfo(mounted.Path).GetFiles();

        Assert.Equal(Enumerable.Range(0, count).Select(i => $"file-{i:D5}"), files.Select(file => file.Name).Order());
        Assert.All(files, file => Assert.Equal(3, file.Length));
        Assert.True(memory.PlusLines > 0, "READDIRPLUS was never asked for");
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Links_and_attributes_of_all_kinds_come_through(FuseTransportKind transport, bool later)
    {
        var memory = new MemoryFileSystem { AnswersLater = later };
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        string file = mounted["file"];
        File.WriteAllText(file, "content");

        File.CreateSymbolicLink(mounted["soft"], "file");
        Assert.Equal("file", new FileInfo(mounted["soft"]).LinkTarget);
        Assert.Equal("content", File.ReadAllText(mounted["soft"]));
        Assert.Equal(0, Posix.link(file, mounted["hard"]));
        Assert.Equal(2u, memory.Find("hard").Links);

        byte[] value = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];
        Assert.Equal(0, Posix.setxattr(file, "user.large", value, (nuint)value.Length, 0));
        byte[] buffer = new byte[8192];
        Assert.Equal(-1, Posix.getxattr(file, "user.none", buffer, (nuint)buffer.Length));
        Assert.Equal(value.Length, Posix.getxattr(file, "user.large", buffer, 0));
        Assert.Equal(-1, Posix.getxattr(file, "user.large", buffer, 100));
        Assert.Equal(value.Length, Posix.getxattr(file, "user.large", buffer, (nuint)buffer.Length));
        Assert.Equal(value, buffer[..value.Length]);
        Assert.Equal("user.large\0".Length, Posix.listxattr(file, buffer, (nuint)buffer.Length));
        Assert.Equal(0, Posix.removexattr(file, "user.large"));
        Assert.Empty(memory.Find("file").Xattrs);

        Assert.Equal(1000 * 4096, new DriveInfo(mounted.Path).TotalSize);
        Assert.Throws<PathTooLongException>(() => File.WriteAllText(mounted[new string('n', 256)], ""));
        Assert.Equal(Errno.EEXIST, Posix.Rename(file, mounted["hard"], noReplace: true));
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Transfers_past_the_page_cache_come_in_requests_of_a_mebibyte(
        FuseTransportKind transport, bool later)
    {
        var memory = new MemoryFileSystem { AnswersLater = later, OpenFlags = FuseOpenFlags.DirectIo };
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        byte[] data = new byte[(4 << 20) + 17];
        new Random(2).NextBytes(data);

        using (FileStream file = new(mounted["large"], FileMode.Create, FileAccess.ReadWrite, FileShare.None, 0))
        {
            file.Write(data);
            file.Position = 0;
            byte[] back = new byte[data.Length];
            file.ReadExactly(back);
            Assert.Equal(data, back);
        }

        Assert.Equal(1 << 20, memory.LargestWrite);
        Assert.Equal(1 << 20, memory.LargestRead);
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Many_programs_at_once_get_their_own_answers(FuseTransportKind transport, bool later)
    {
        var memory = new MemoryFileSystem { AnswersLater = later, OpenFlags = FuseOpenFlags.DirectIo };
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(program => Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < 50; i++)
                {
                    byte[] data = new byte[1 + (program * 7919 + i * 104_729) % 200_000];
                    new Random(program * 1000 + i).NextBytes(data);
                    string path = mounted[$"{program}-{i}"];
                    File.WriteAllBytes(path, data);
                    Assert.Equal(data, File.ReadAllBytes(path));
                    File.Delete(path);
                }
            },
            TaskCreationOptions.LongRunning)));
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task The_kernel_gives_back_what_it_was_told(FuseTransportKind transport, bool later)
    {
        var memory = new MemoryFileSystem { AnswersLater = later, Validity = 1000 };
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);

        for (int i = 0; i < 200; i++)
            File.WriteAllText(mounted[$"f{i}"], "x");
        Assert.Equal(200, memory.KnownToKernel);
        for (int i = 0; i < 200; i++)
            File.Delete(mounted[$"f{i}"]);

        // Forgets are sent behind the scenes.
        Assert.True(SpinWait.SpinUntil(() => memory.KnownToKernel == 0, 10_000), $"{memory.KnownToKernel} left");
    }
}
