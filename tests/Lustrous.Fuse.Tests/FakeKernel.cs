using System.Runtime.InteropServices;
using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Tests;

/// <summary>The other end of a session: a socket in the place of /dev/fuse.</summary>
sealed class FakeKernel : IDisposable
{
    const int SeqPacket = 5, Unix = 1;

    int _fd;
    readonly FuseSession _session;
    readonly byte[] _answer = new byte[2 << 20];
    ulong _unique = 2;

    public FakeKernel(FuseFileSystem? fileSystem = null, uint minor = 38)
    {
        int[] fds = new int[2];
        Assert.Equal(0, Posix.socketpair(Unix, SeqPacket, 0, fds));
        _fd = fds[0];
        Send(FuseOpcode.Init, 0, Bytes(new FuseInitIn { Major = 7, Minor = minor, MaxReadahead = 131072 }));
        // A socket takes no message of a mebibyte.
        var options = new FuseMountOptions
        {
            MountPoint = "/",
            MaxIoBytes = 65536,
            Transport = FuseTransportKind.Device,
        };
        _session = FuseSession.Serve(fds[1], options, fileSystem ?? new MemoryFileSystem());
        Assert.Equal(0, ReadAnswer().Error);
    }

    public Errno Ask(FuseOpcode opcode, ulong nodeId, ReadOnlySpan<byte> body)
    {
        ulong unique = Send(opcode, nodeId, body);
        FuseOutHeader answer = ReadAnswer();
        Assert.Equal(unique, answer.Unique);
        return (Errno)(-answer.Error);
    }

    public ulong Send(FuseOpcode opcode, ulong nodeId, ReadOnlySpan<byte> body)
    {
        var header = new FuseInHeader
        {
            Length = (uint)(FuseInHeader.WireSize + body.Length),
            Opcode = opcode,
            Unique = _unique += 2,
            NodeId = nodeId,
            Pid = (uint)Environment.ProcessId,
        };
        SendRaw([.. Bytes(header), .. body]);
        return header.Unique;
    }

    public void SendRaw(byte[] message) =>
        Assert.Equal(message.Length, (int)Posix.write(_fd, message, (nuint)message.Length));

    public FuseOutHeader ReadAnswer()
    {
        nint length = Posix.read(_fd, _answer, (nuint)_answer.Length);
        Assert.True(length >= FuseOutHeader.WireSize, "the session has ended");
        FuseOutHeader header = MemoryMarshal.Read<FuseOutHeader>(_answer);
        Assert.Equal((uint)length, header.Length);
        return header;
    }

    public static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes([value]).ToArray();

    /// <summary>The connection goes; the session ends by itself.</summary>
    public async Task EndAsync()
    {
        Dispose();
        await _session.Completion;
    }

    /// <summary>Once: a number that is closed twice may be another test's descriptor by then.</summary>
    public void Dispose()
    {
        int fd = Interlocked.Exchange(ref _fd, -1);
        if (fd >= 0)
            Posix.close(fd);
    }
}
