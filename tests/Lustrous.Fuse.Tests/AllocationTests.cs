using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Tests;

/// <summary>A request that is answered at once allocates nothing on its way in and out.</summary>
public sealed class AllocationTests
{
    const int WarmUp = 200, Measured = 1000;

    [Fact]
    public async Task Lookups_stats_reads_and_writes_allocate_nothing()
    {
        var counting = new CountingFileSystem();
        using var kernel = new FakeKernel(counting);
        byte[] write = [.. FakeKernel.Bytes(new FuseWriteIn { Size = 4096 }), .. new byte[4096]];
        for (int i = 0; i < (WarmUp + Measured) / 4 + 1; i++)
        {
            Assert.Equal(Errno.OK, kernel.Ask(FuseOpcode.Lookup, 1, "name\0"u8));
            Assert.Equal(Errno.OK, kernel.Ask(FuseOpcode.Getattr, 1, new byte[16]));
            Assert.Equal(Errno.OK, kernel.Ask(FuseOpcode.Read, 1, FakeKernel.Bytes(new FuseReadIn { Size = 4096 })));
            Assert.Equal(Errno.OK, kernel.Ask(FuseOpcode.Write, 1, write));
        }
        await kernel.EndAsync();
        Assert.Equal(0, counting.Allocated);
    }

    /// <summary>Looks at the allocations of the thread that serves.</summary>
    sealed class CountingFileSystem : FuseFileSystem
    {
        long _start;
        int _calls;

        public long Allocated { get; private set; } = -1;

        public override ValueTask<Errno> LookupAsync(FuseRequest request, ReadOnlySpan<byte> name)
        {
            request.Reply<FuseEntryOut>().NodeId = 2;
            return Count();
        }

        public override ValueTask<Errno> GetattrAsync(FuseRequest request, in FuseGetattrIn input)
        {
            _ = request.Cancel;
            request.Reply<FuseAttrOut>().AttrValid = 1;
            return Count();
        }

        public override ValueTask<Errno> ReadAsync(FuseRequest request, in FuseReadIn input)
        {
            request.ReplyData((int)input.Size);
            return Count();
        }

        public override ValueTask<Errno> WriteAsync(FuseRequest request, in FuseWriteIn input, IoVec data)
        {
            request.Reply<FuseWriteOut>().Size = (uint)data.Length;
            return Count();
        }

        ValueTask<Errno> Count()
        {
            if (++_calls == WarmUp)
                _start = GC.GetAllocatedBytesForCurrentThread();
            if (_calls == WarmUp + Measured)
                Allocated = GC.GetAllocatedBytesForCurrentThread() - _start;
            return new(Errno.OK);
        }
    }
}
