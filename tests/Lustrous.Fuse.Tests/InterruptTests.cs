using System.Diagnostics;
using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Libcfs;

namespace Lustrous.Fuse.Tests;

/// <summary>Signals that a program handles do not disturb what it waits for; those that end it do.</summary>
public sealed class InterruptTests
{
    public static TheoryData<FuseTransportKind> Transports => [FuseTransportKind.Device, FuseTransportKind.Uring];

    [Theory]
    [InlineData("0000000000000000", "0000000000000000", "0000000000000000", "0000000000000000", false)]
    [InlineData("0000000000000200", "0000000000000000", "0000000000000000", "0000000000000000", true)]     // SIGUSR1
    [InlineData("0000000000000200", "0000000000000000", "0000000000000000", "0000000000000200", false)]    // handled
    [InlineData("0000000000000200", "0000000000000000", "0000000000000200", "0000000000000000", false)]    // ignored
    [InlineData("0000000000000200", "0000000000000200", "0000000000000000", "0000000000000000", false)]    // blocked
    [InlineData("0000000000010000", "0000000000000000", "0000000000000000", "0000000000000000", false)]    // SIGCHLD
    [InlineData("0000000000080000", "0000000000000000", "0000000000000000", "0000000000000000", false)]    // SIGTSTP
    [InlineData("0000000000000100", "fffffffffffffeff", "0000000000000000", "0000000000000000", true)]     // SIGKILL
    [InlineData("0000000000004100", "0000000000000000", "0000000000000000", "0000000000004000", true)]     // both
    public void Proc_tells_which_signals_end_a_program(
        string pending, string blocked, string ignored, string caught, bool ends)
    {
        string[] rest = ["SigBlk:\t" + blocked, "SigIgn:\t" + ignored, "SigCgt:\t" + caught];
        const string None = "0000000000000000";
        string[] start = ["Name:\tSigKgt", "State:\tD", "SigQ:\t2/3"];

        Assert.Equal(ends, CallerSignals.EndTheProgram([.. start, "SigPnd:\t" + pending, "ShdPnd:\t" + None, .. rest]));
        Assert.Equal(ends, CallerSignals.EndTheProgram([.. start, "SigPnd:\t" + None, "ShdPnd:\t" + pending, .. rest]));
        Assert.False(CallerSignals.EndTheProgram(["SigPnd", "ShdPnd: x", "Sig:"]));
    }

    [Fact]
    public async Task A_request_goes_on_when_its_caller_lives_on()
    {
        var slow = new SlowReads();
        using var kernel = new FakeKernel(slow);
        ulong reading = kernel.Send(FuseOpcode.Read, 1, FakeKernel.Bytes(new FuseReadIn { Size = 4 }));
        kernel.Send(FuseOpcode.Interrupt, 0, FakeKernel.Bytes(new FuseInterruptIn { Unique = reading }));
        // This one comes on the same descriptor, so that the signal has been dealt with when it is answered.
        Assert.Equal(Errno.OK, kernel.Ask(FuseOpcode.Access, 1, FakeKernel.Bytes(new FuseAccessIn())));

        slow.MayEnd.SetResult();

        FuseOutHeader answer = kernel.ReadAnswer();
        Assert.Equal((reading, 0, FuseOutHeader.WireSize + 4u), (answer.Unique, answer.Error, answer.Length));
        await kernel.EndAsync();
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task The_signal_that_ends_a_program_is_found_also_after_one_that_does_not(FuseTransportKind transport)
    {
        var memory = new MemoryFileSystem { OpenFlags = FuseOpenFlags.DirectIo };
        memory.Put("slow", new byte[10]);
        await using MountedFuse mounted = await MountedFuse.CreateAsync(memory, transport);
        using Process program = Process.Start("sh", ["-c", $"trap : USR1; read line < {mounted["slow"]}; exit 3"]);
        await memory.SlowReadBegan.Task;

        Assert.Equal(0, Posix.kill(program.Id, Posix.SIGUSR1));
        Assert.Equal(0, memory.Interrupted);
        Assert.Equal(0, Posix.kill(program.Id, Posix.SIGTERM));
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(128 + Posix.SIGTERM, program.ExitCode);
        Assert.Equal(1, memory.Interrupted);
    }

    sealed class SlowReads : FuseFileSystem
    {
        public TaskCompletionSource MayEnd { get; } = new();

        public override ValueTask<Errno> AccessAsync(FuseRequest request, uint mask) => new(Errno.OK);

        public override ValueTask<Errno> ReadAsync(FuseRequest request, in FuseReadIn input) =>
            ReadAsync(request, (int)input.Size);

        async ValueTask<Errno> ReadAsync(FuseRequest request, int length)
        {
            await MayEnd.Task.WaitAsync(request.Cancel);
            request.ReplyData(length);
            return Errno.OK;
        }
    }
}
