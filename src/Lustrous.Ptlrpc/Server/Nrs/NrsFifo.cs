namespace Lustrous.Ptlrpc.Server.Nrs;

/// <summary>First in, first out: the default policy (lustre/ptlrpc/nrs_fifo.c). Linked through the requests, so it
/// allocates nothing.</summary>
public sealed class NrsFifo : INrsPolicy
{
    ServerRequest? _first;
    ServerRequest? _last;

    public string Name => "fifo";

    public int Count { get; private set; }

    public void Enqueue(ServerRequest request)
    {
        request.PreviousQueued = _last;
        request.NextQueued = null;
        if (_last is null)
            _first = request;
        else
            _last.NextQueued = request;
        _last = request;
        Count++;
    }

    public ServerRequest? Dequeue()
    {
        ServerRequest? request = _first;
        if (request is not null)
            Remove(request);
        return request;
    }

    public void Remove(ServerRequest request)
    {
        if (request.PreviousQueued is { } previous)
            previous.NextQueued = request.NextQueued;
        else
            _first = request.NextQueued;
        if (request.NextQueued is { } next)
            next.PreviousQueued = request.PreviousQueued;
        else
            _last = request.PreviousQueued;
        request.PreviousQueued = null;
        request.NextQueued = null;
        Count--;
    }
}
