using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Fuse.Protocol.Native;

namespace Lustrous.Fuse.Protocol.Device;

/// <summary>One descriptor of /dev/fuse and the thread that reads it. Replies go to the descriptor that the request
/// came from.</summary>
sealed unsafe class DeviceChannel
{
    readonly Lock _lock = new();
    readonly Thread _thread;
    readonly Action _ended;
    DeviceRequest? _free;              // guarded by _lock

    public DeviceChannel(FuseTransport transport, int fd, string name, Action ended)
    {
        Transport = transport;
        Fd = fd;
        _ended = ended;
        _thread = new Thread(Run, maxStackSize: 8 << 20) { IsBackground = true, Name = name };
    }

    public FuseTransport Transport { get; }

    public int Fd { get; }

    public void Start() => _thread.Start();

    public void Return(DeviceRequest request)
    {
        lock (_lock)
        {
            request.NextFree = _free;
            _free = request;
        }
    }

    DeviceRequest Take()
    {
        lock (_lock)
        {
            if (_free is { } free)
            {
                _free = free.NextFree;
                free.NextFree = null;
                return free;
            }
        }
        var request = new DeviceRequest(this);
        Transport.Register(request);
        return request;
    }

    void Run()
    {
        DeviceRequest request = Take();
        while (!Transport.Stopping)
        {
            nint received = Libc.read(Fd, request.ReadStart, (nuint)request.ReadCapacity);
            if (received <= 0)
            {
                // ENOENT: the request was interrupted before it was read; EINTR and EAGAIN: nothing happened.
                if (received == 0 || FuseTransport.MeansGone(Libc.LastError))
                    break;
                continue;
            }
            if (!request.Start((int)received))
            {
                Refuse(request, (int)received);
                continue;
            }
            if (request.Header.Opcode == FuseOpcode.Interrupt)
            {
                byte* argument = request.Argument(FuseInterruptIn.WireSize);
                ulong unique = argument is null ? 0 : ((FuseInterruptIn*)argument)->Unique;
                request.Drop();
                Transport.Interrupt(unique);
            }
            else
            {
                Transport.Dispatch(request);
            }
            request = Take();
        }
        _ended();
    }

    /// <summary>Answers what is too short or lies about its length, when it says which request it is.</summary>
    void Refuse(DeviceRequest request, int received)
    {
        if (received < FuseInHeader.WireSize)
            return;
        FuseOutHeader refusal = new()
        {
            Length = FuseOutHeader.WireSize,
            Error = -(int)Errno.EPROTO,
            Unique = ((FuseInHeader*)request.ReadStart)->Unique,
        };
        _ = Libc.write(Fd, (byte*)&refusal, FuseOutHeader.WireSize);
    }
}
