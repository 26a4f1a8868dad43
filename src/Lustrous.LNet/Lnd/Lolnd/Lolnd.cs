using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Lolnd;

/// <summary>
/// Carries messages of a node to itself, 0@lo (lnet/lnet/lo.c). A message is delivered on the thread that sends it;
/// what its handlers send meanwhile is queued and delivered by the same loop, so that a chain of requests and replies
/// needs no stack.
/// </summary>
sealed class Lolnd : ILnd
{
    readonly ThreadLocal<Trampoline> _trampolines = new(static () => new Trampoline());

    public LNetType Type => LNetType.Lo;

    public ValueTask<Errno> StartupAsync(LNetInterface ni, CancellationToken cancel) => new(Errno.OK);

    public void Send(LNetMessage message) => _trampolines.Value!.Send(message);

    public void ClosePeer(LNetInterface ni, Nid peer)
    {
    }

    public ValueTask DisposeAsync()
    {
        _trampolines.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The messages of one thread.</summary>
    sealed class Trampoline
    {
        readonly LNetReceive _receive = new();
        LNetMessage? _first, _last;
        bool _running;

        public void Send(LNetMessage message)
        {
            message.NextQueued = null;
            if (_last is null)
                _first = message;
            else
                _last.NextQueued = message;
            _last = message;
            if (_running)
                return;
            _running = true;
            try
            {
                while (_first is { } next)
                {
                    _first = next.NextQueued;
                    if (_first is null)
                        _last = null;
                    next.NextQueued = null;
                    Deliver(next);
                }
            }
            finally
            {
                _running = false;
            }
        }

        void Deliver(LNetMessage message)
        {
            LNetReceive receive = _receive;
            LNetInterface ni = message.Interface;
            receive.Movable = message.Movable;
            Errno status = ni.Upcalls.Parse(ni, message.Header, Nid.Loopback, receive);
            if (status != Errno.OK)
            {
                message.Complete(status);
                return;
            }
            if (receive.Moved)
            {
                message.Event.MovedBuffer = message.Movable;
            }
            else
            {
                FragmentCopy.Copy(
                    message.Payload, message.PayloadOffset, receive.Destination, receive.DestinationOffset,
                    receive.DestinationLength);
            }
            receive.Complete(Errno.OK);
            message.Complete(Errno.OK);
        }
    }
}
