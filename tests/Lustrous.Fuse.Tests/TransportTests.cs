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
        File.SetUnixFileMode(mounted["b"], UnixFileMode.UserRead);
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
}
