using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Peers;

/// <summary>One ping under way: a GET from the reserved portal into a buffer of its own.</summary>
sealed class PingOperation : ILNetEventHandler
{
    readonly LNetNode _node;
    readonly PooledBuffer _buffer;
    readonly MemoryDescriptor _md = new();
    // Whoever waits goes on inline, on the network's thread: no hop, and the same order in every simulated run.
    readonly TaskCompletionSource<Result<LNetPingReply>> _done = new();
    readonly long _started;
    Result<LNetPingReply> _result = Errno.ETIMEDOUT;

    public PingOperation(LNetNode node)
    {
        _node = node;
        _buffer = node.Context.Buffers.Take(PingInfo.BufferSize);
        _started = node.Context.Clock.GetTimestamp();
        _md.SetSingle(_buffer.Slice(0, PingInfo.BufferSize));
        _md.Threshold = 2;      // SEND and REPLY
        _md.Options = MdOptions.Truncate;
        _md.Handler = this;
    }

    public async ValueTask<Result<LNetPingReply>> RunAsync(
        Func<MemoryDescriptor, Errno> start, TimeSpan timeout, CancellationToken cancel)
    {
        Errno status = start(_md);
        if (status != Errno.OK)
        {
            _buffer.Dispose();
            return status;
        }
        await using ITimer timer = _node.Context.Clock.CreateTimer(
            static ping => ((PingOperation)ping!).Stop(Errno.ETIMEDOUT), this, timeout, Timeout.InfiniteTimeSpan);
        await using CancellationTokenRegistration registration = cancel.UnsafeRegister(
            static ping => ((PingOperation)ping!).Stop(Errno.ECANCELED), this);
        return await _done.Task;
    }

    public void OnEvent(in LNetEvent e)
    {
        switch (e.Kind)
        {
            case LNetEventKind.Reply when e.Status == Errno.OK:
                TimeSpan roundTrip = _node.Context.Clock.GetElapsedTime(_started);
                _result = PingInfo.Read(_buffer.Span.Slice(e.Offset, e.MatchedLength), roundTrip);
                break;
            case LNetEventKind.Send when e.Status != Errno.OK && !e.Unlinked:
                Stop(e.Status);
                return;
            default:
                if (e.Status != Errno.OK && _result.Failed)
                    _result = e.Status;
                break;
        }
        if (!e.Unlinked)
            return;
        _buffer.Dispose();
        _done.SetResult(_result);
    }

    void Stop(Errno why)
    {
        if (_done.Task.IsCompleted)
            return;
        if (_result.Failed)
            _result = why;
        _node.Unlink(_md);
    }
}
