using System.Diagnostics;
using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Mounting;

namespace Lustrous.Fuse.Tests;

/// <summary>Signals, unmounting, and servers that die.</summary>
public sealed class LifeTests
{
    const string ServeVariable = "LUSTROUS_TEST_FUSE_SERVE";

    public static TheoryData<FuseTransportKind> Transports => [FuseTransportKind.Device, FuseTransportKind.Uring];

    [Theory, MemberData(nameof(Transports))]
    public async Task A_signal_reaches_the_request_its_program_waits_for(FuseTransportKind transport)
    {
        var memory = new MemoryFileSystem { OpenFlags = Protocol.Abi.FuseOpenFlags.DirectIo };
        memory.Put("slow", new byte[10]);
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        using Process program = Process.Start("cat", mounted["slow"]);
        await memory.SlowReadBegan.Task;

        Assert.Equal(0, Posix.kill(program.Id, Posix.SIGINT));
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(128 + Posix.SIGINT, program.ExitCode);
        Assert.Equal(1, memory.Interrupted);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task A_mount_in_use_is_busy_and_goes_out_of_sight_when_asked(FuseTransportKind transport)
    {
        var memory = new MemoryFileSystem();
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        await using (FileStream file = File.Create(mounted["open"]))
        {
            Assert.Equal(Errno.EBUSY, await mounted.Session.UnmountAsync());
            Assert.Equal(Errno.OK, await mounted.Session.UnmountAsync(lazy: true));
            Assert.False(File.Exists(mounted["open"]));
            file.Write([1, 2, 3]);
            file.Flush();
            Assert.Equal([1, 2, 3], memory.Find("open").Data);
            Assert.False(mounted.Session.Completion.IsCompleted);
        }
        await mounted.Session.Completion;
        Assert.True(memory.IsDestroyed);
        Assert.Equal(Errno.OK, await mounted.Session.UnmountAsync());
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task A_session_ends_although_a_program_waits(FuseTransportKind transport)
    {
        var memory = new MemoryFileSystem { OpenFlags = Protocol.Abi.FuseOpenFlags.DirectIo };
        memory.Put("slow", new byte[10]);
        MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        using Process program = Process.Start(new ProcessStartInfo("cat", mounted["slow"])
        {
            RedirectStandardError = true,
        })!;
        await memory.SlowReadBegan.Task;

        await mounted.Session.UnmountAsync(lazy: true);
        await mounted.Session.AbortAsync();

        await mounted.Session.Completion;
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, program.ExitCode);
        await mounted.DisposeAsync();
    }

    /// <summary>As a request that waits for a server which is gone.</summary>
    [Theory, MemberData(nameof(Transports))]
    public async Task A_session_ends_although_a_request_does_not(FuseTransportKind transport)
    {
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var memory = new MemoryFileSystem
        {
            OpenFlags = Protocol.Abi.FuseOpenFlags.DirectIo,
            SlowReadMayEnd = mayEnd,
        };
        memory.Put("slow", new byte[10]);
        MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        using Process program = Process.Start(new ProcessStartInfo("cat", mounted["slow"])
        {
            RedirectStandardError = true,
        })!;
        await memory.SlowReadBegan.Task;

        await mounted.Session.UnmountAsync(lazy: true);
        await mounted.Session.AbortAsync();

        await mounted.Session.Completion;
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, program.ExitCode);
        Assert.True(memory.IsDestroyed);
        mayEnd.SetResult();              // an answer that nobody waits for disturbs nothing
        await mounted.DisposeAsync();
        await using MountedFuse next = await MountedFuse.CreateAsync(new MemoryFileSystem(), transport);
        File.WriteAllText(next["file"], "text");
        Assert.Equal("text", File.ReadAllText(next["file"]));
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task A_server_that_is_killed_leaves_a_mount_that_can_be_taken_away(FuseTransportKind transport)
    {
        Assert.SkipUnless(File.Exists("/dev/fuse") && Environment.IsPrivilegedProcess, "mounting needs root");
        string path = Directory.CreateTempSubdirectory("lustrous-fuse-").FullName;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(LifeTests).Assembly.Location);
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add("*" + nameof(Serves_until_killed));
        start.Environment[ServeVariable] = $"{transport} {path}";
        using Process server = Process.Start(start)!;
        Assert.True(SpinWait.SpinUntil(() => File.Exists(Path.Combine(path, "ready")), 20_000), "no server");
        File.WriteAllText(Path.Combine(path, "file"), "text");
        FileStream open = File.OpenRead(Path.Combine(path, "file"));

        Posix.kill(server.Id, Posix.SIGKILL);
        await server.WaitForExitAsync(TestContext.Current.CancellationToken);

        // ENOTCONN; or ECANCELED while the rings are being taken down.
        Assert.True(Record.Exception(() => File.ReadAllText(Path.Combine(path, "other")))
            is IOException or OperationCanceledException);
        open.Dispose();
        Assert.Equal(Errno.OK, new RootMounter().Unmount(path, lazy: false));
        Directory.Delete(path);
    }

    [Fact]
    public async Task A_mount_through_fusermount3_works_as_well()
    {
        bool isThere = Environment.GetEnvironmentVariable("PATH")!.Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, "fusermount3")));
        Assert.SkipUnless(isThere && File.Exists("/dev/fuse"), "there is no fusermount3");
        string path = Directory.CreateTempSubdirectory("lustrous-fuse-").FullName;
        var options = new FuseMountOptions { MountPoint = path, AllowOther = false, FsName = "a,b:/c" };

        await using (FuseSession session = FuseSession.Mount(options, new MemoryFileSystem(), new FusermountMounter()))
        {
            File.WriteAllText(Path.Combine(path, "file"), "text");
            Assert.Equal("text", File.ReadAllText(Path.Combine(path, "file")));
            Assert.Equal(Errno.OK, await session.UnmountAsync());
            await session.Completion;
        }
        Directory.Delete(path);
    }

    [Fact]
    public async Task A_mount_point_that_is_not_there_is_named()
    {
        Assert.SkipUnless(File.Exists("/dev/fuse") && Environment.IsPrivilegedProcess, "mounting needs root");
        FuseException exception = await Assert.ThrowsAsync<FuseException>(async () => await FuseSession.MountAsync(
            new FuseMountOptions { MountPoint = "/nowhere/at/all" }, new MemoryFileSystem()));
        Assert.Equal(Errno.ENOENT, exception.Error);
        Assert.Contains("/nowhere/at/all", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>The server of its own process that another test kills.</summary>
    [Fact]
    public async Task Serves_until_killed()
    {
        string? words = Environment.GetEnvironmentVariable(ServeVariable);
        Assert.SkipWhen(words is null, "only another test runs this");
        string[] parts = words.Split(' ', 2);
        var options = new FuseMountOptions
        {
            MountPoint = parts[1],
            Transport = Enum.Parse<FuseTransportKind>(parts[0]),
        };
        var memory = new MemoryFileSystem();
        memory.Put("ready", []);
        await FuseSession.Mount(options, memory, new RootMounter()).Completion;
    }
}
