using System.Runtime.InteropServices;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Fuse.Protocol.Native;

namespace Lustrous.Fuse.Protocol.Device;

/// <summary>A request read from a descriptor of /dev/fuse, in a buffer of its own.</summary>
sealed unsafe class DeviceRequest : FuseRequest
{
    /// <summary>Places the data of a write on a page boundary: what precedes it is 80 bytes.</summary>
    const int HeadRoom = BufferPool.PageSize - FuseInHeader.WireSize - FuseWriteIn.WireSize;

    readonly DeviceChannel _channel;
    readonly byte* _memory;
    readonly int _capacity;
    int _received;

    public DeviceRequest(DeviceChannel channel)
    {
        _channel = channel;
        _capacity = BufferPool.PageSize + Math.Max(channel.Transport.MaxIoBytes, 8192);
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)_capacity, BufferPool.PageSize);
        ReplyBuffer = new IoVec(_memory + BufferPool.PageSize, _capacity - BufferPool.PageSize);
    }

    ~DeviceRequest() => NativeMemory.AlignedFree(_memory);

    public DeviceRequest? NextFree { get; set; }

    public byte* ReadStart => _memory + HeadRoom;

    public int ReadCapacity => _capacity - HeadRoom;

    /// <summary>Takes the request that was read; false when its header does not fit its length.</summary>
    public bool Start(int received)
    {
        if (received < FuseInHeader.WireSize || ((FuseInHeader*)ReadStart)->Length != (uint)received)
            return false;
        _received = received;
        Begin(*(FuseInHeader*)ReadStart);
        return true;
    }

    internal override byte* Argument(int size) =>
        size <= _received - FuseInHeader.WireSize ? ReadStart + FuseInHeader.WireSize : null;

    internal override IoVec Rest(int argumentSize)
    {
        int start = FuseInHeader.WireSize + argumentSize;
        return new IoVec(ReadStart + start, Math.Max(0, _received - start));
    }

    private protected override void Answer(Errno error)
    {
        FuseOutHeader header = new()
        {
            Length = (uint)(FuseOutHeader.WireSize + ReplyLength),
            Error = -(int)error,
            Unique = Header.Unique,
        };
        IoVec* vectors = stackalloc IoVec[2];
        vectors[0] = new IoVec((byte*)&header, FuseOutHeader.WireSize);
        vectors[1] = new IoVec(ReplyStart, ReplyLength);
        // ENOENT: the caller was killed and nobody waits any more. The other errors mean that the mount is gone.
        if (!_channel.Transport.Stopping)
            _ = Libc.writev(_channel.Fd, vectors, ReplyLength == 0 ? 1 : 2);
        _channel.Return(this);
    }

    internal override void Drop()
    {
        Forgotten();
        _channel.Return(this);
    }

    private protected override void Failed(Exception exception) => _channel.Transport.Session.Report(exception);
}
