using Lustrous.Idl.LNet;
using Lustrous.LNet;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// Memory that takes many requests one after another, each parsed where it landed (<c>struct
/// ptlrpc_request_buffer_desc</c>). Full, it leaves the network; when its last request is done it is posted again.
/// </summary>
sealed class RequestBuffer : ILNetEventHandler, IDisposable
{
    readonly Service _service;
    readonly PooledBuffer _memory;
    readonly MemoryDescriptor _md = new();
    int _references;        // one of the network while posted, one of each request

    public RequestBuffer(Service service)
    {
        _service = service;
        _memory = service.Context.Buffers.Take(service.Options.BufferSize);
        _md.Handler = this;
    }

    public IoVec Slice(int offset, int length) => _memory.Slice(offset, length);

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            _service.OnBufferIdle(this);
    }

    /// <summary>Lets the network at it, behind the buffers that are posted already.</summary>
    public Errno Post(LNetNode lnet)
    {
        Lassert.That(_references == 0);
        _references = 1;
        _md.SetSingle(_memory.Slice(0, _service.Options.BufferSize));
        _md.Threshold = -1;
        _md.MaxSize = _service.Options.MaxRequestSize;
        _md.Options = MdOptions.OpPut | MdOptions.MaxSize | MdOptions.AcceptMove;
        Errno status = lnet.Attach(
            (int)_service.Options.RequestPortal, LNetProcessId.Any, matchBits: 0, ignoreBits: ulong.MaxValue,
            MdUnlink.Unlink,
            MatchPosition.After, _md);
        if (status != Errno.OK)
            _references = 0;
        return status;
    }

    public void Unpost(LNetNode lnet) => lnet.Unlink(_md);

    public void OnEvent(in LNetEvent e) => _service.OnRequestEvent(this, e);

    public void Dispose() => _memory.Dispose();
}
