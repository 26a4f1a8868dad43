using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Libcfs;

namespace Lustrous.Fuse.Tests;

/// <summary>File locks as the kernel asks for them.</summary>
public sealed class LockTests
{
    [Fact]
    public async Task A_wait_ends_when_its_program_is_hit_by_a_signal()
    {
        var locks = new Locks();
        using var kernel = new FakeKernel(locks);
        var wanted = new FuseLockIn
        {
            Handle = 7,
            Owner = 9,
            Lock = new FuseFileLock { Start = 1, End = 5, Type = 1, Pid = 3 },
            Flags = FuseLockIn.Flock,
        };
        Assert.Equal(Errno.EAGAIN, kernel.Ask(FuseOpcode.Setlk, 1, FakeKernel.Bytes(wanted)));
        Assert.Equal((7UL, 9UL, 5UL, 1u), (locks.Last.Handle, locks.Last.Owner, locks.Last.Lock.End, locks.Last.Flags));
        ulong waiting = kernel.Send(FuseOpcode.Setlkw, 1, FakeKernel.Bytes(wanted));
        Assert.Equal(Errno.OK, kernel.Ask(FuseOpcode.Getlk, 1, FakeKernel.Bytes(wanted)));
        kernel.Send(FuseOpcode.Interrupt, 0, FakeKernel.Bytes(new FuseInterruptIn { Unique = waiting }));
        FuseOutHeader answer = kernel.ReadAnswer();
        Assert.Equal((waiting, -(int)Errno.EINTR), (answer.Unique, answer.Error));
        Assert.Equal(Errno.EPROTO, kernel.Ask(FuseOpcode.Setlk, 1, FakeKernel.Bytes(wanted).AsSpan(0, 40)));
        await kernel.EndAsync();
    }

    sealed class Locks : FuseFileSystem
    {
        public FuseLockIn Last { get; private set; }

        public override ValueTask<Errno> SetLockAsync(FuseRequest request, in FuseLockIn input, bool mayWait)
        {
            Last = input;
            return mayWait ? WaitAsync(request.Cancel) : new(Errno.EAGAIN);
        }

        public override ValueTask<Errno> GetLockAsync(FuseRequest request, in FuseLockIn input)
        {
            request.Reply<FuseLockOut>().Lock = input.Lock;
            return new(Errno.OK);
        }

        static async ValueTask<Errno> WaitAsync(CancellationToken cancel)
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return Errno.OK;
        }
    }
}
