using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Tests;

/// <summary>Requests as no kernel would send them, through a socket in the device's place.</summary>
public sealed class FuzzTests
{
    [Fact]
    public async Task Malformed_requests_are_refused_one_by_one()
    {
        using var kernel = new FakeKernel();
        // A name without its end, a name with a slash, an empty one, a structure cut short, more data than came.
        Assert.Equal(Errno.EPROTO, kernel.Ask(FuseOpcode.Lookup, 1, "name"u8));
        Assert.Equal(Errno.EPROTO, kernel.Ask(FuseOpcode.Lookup, 1, "a/b\0"u8));
        Assert.Equal(Errno.EPROTO, kernel.Ask(FuseOpcode.Lookup, 1, "\0"u8));
        Assert.Equal(Errno.EPROTO, kernel.Ask(FuseOpcode.Getattr, 1, new byte[8]));
        Assert.Equal(Errno.EPROTO, kernel.Ask(FuseOpcode.Write, 1, Bytes(new FuseWriteIn { Size = 100 })));
        Assert.Equal(Errno.EPROTO, kernel.Ask(FuseOpcode.Write, 1, Bytes(new FuseWriteIn { Offset = ulong.MaxValue })));
        Assert.Equal(Errno.EPROTO, kernel.Ask(FuseOpcode.Rename2, 1, [.. new byte[16], .. "only one\0"u8]));
        Assert.Equal(Errno.EPROTO, kernel.Ask(FuseOpcode.Setxattr, 1, [255, 255, .. new byte[14], .. "n\0v"u8]));
        Assert.Equal(Errno.ENOSYS, kernel.Ask((FuseOpcode)4000, 1, new byte[100]));
        Assert.Equal(Errno.EIO, kernel.Ask(FuseOpcode.Getattr, 4711, new byte[16]));    // the file system threw
        Assert.Equal(Errno.OK, kernel.Ask(FuseOpcode.Getattr, 1, new byte[16]));
        await kernel.EndAsync();
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public async Task Random_requests_neither_end_the_session_nor_stay_unanswered(int seed)
    {
        using var kernel = new FakeKernel();
        var random = new Random(seed);
        for (int i = 0; i < 5000; i++)
        {
            // 36 interrupts: no answer; 2, 42 forgets: no answer; 26: none after the first.
            var opcode = (FuseOpcode)random.Next(1, 60);
            byte[] body = new byte[random.Next(0, 200)];
            random.NextBytes(body);
            if (random.Next(2) == 0)
                for (int j = 0; j < body.Length; j++)
                    body[j] = (byte)(random.Next(3) == 0 ? 'a' : 0);
            if (opcode is FuseOpcode.Forget or FuseOpcode.BatchForget or FuseOpcode.Interrupt or FuseOpcode.NotifyReply)
                kernel.Send(opcode, 1, body);
            else
                kernel.Ask(opcode, (ulong)random.Next(1, 4), body);
        }
        kernel.SendRaw(new byte[10]);
        kernel.SendRaw([.. BitConverter.GetBytes(1_000_000), .. new byte[60]]);
        Assert.Equal(0ul, kernel.ReadAnswer().Unique);              // refused: its length is a lie
        Assert.Equal(Errno.OK, kernel.Ask(FuseOpcode.Getattr, 1, new byte[16]));
        await kernel.EndAsync();
    }

    [Fact]
    public void A_kernel_too_old_is_told_so()
    {
        FuseException exception = Assert.Throws<FuseException>(() => new FakeKernel(minor: 9));
        Assert.Contains("7.9", exception.Message, StringComparison.Ordinal);
    }

    static byte[] Bytes<T>(T value)
        where T : unmanaged => FakeKernel.Bytes(value);
}
