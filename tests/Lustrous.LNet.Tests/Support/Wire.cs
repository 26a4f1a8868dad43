using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Lnd;

namespace Lustrous.LNet.Tests.Support;

/// <summary>A network in memory: messages lie in a queue until the test lets them go.</summary>
sealed class Wire
{
    readonly Dictionary<Nid, (LNetInterface Interface, LNetReceive Receive)> _interfaces = [];
    readonly byte[] _headerBytes = new byte[LNetHeader.Nid16Size];
    LNetMessage? _first, _last;

    /// <summary>Nothing can be sent there.</summary>
    public HashSet<Nid> Unreachable { get; } = [];

    /// <summary>What matches leaves well and never arrives.</summary>
    public Func<LNetHeader, bool> Lose { get; set; } = static _ => false;

    public int Delivered { get; private set; }

    public ILnd CreateLnd(LNetType type = LNetType.Tcp) => new WireLnd(this, type);

    public LNetInterface Interface(Nid nid) => _interfaces[nid].Interface;

    /// <summary>Delivers until nothing is under way.</summary>
    public void Run()
    {
        while (DeliverNext())
        {
        }
    }

    public bool DeliverNext()
    {
        if (_first is not { } message)
            return false;
        _first = message.NextQueued;
        if (_first is null)
            _last = null;
        message.NextQueued = null;
        Deliver(message);
        return true;
    }

    /// <summary>What a driver does with a header and payload that came from a peer.</summary>
    public Errno Inject(Nid to, in LNetHeader header, Nid from, ReadOnlySpan<byte> payload = default)
    {
        (LNetInterface ni, LNetReceive receive) = _interfaces[to];
        Errno status = ni.Upcalls.Parse(ni, header, from, receive);
        if (status != Errno.OK)
            return status;
        int at = 0, skip = receive.DestinationOffset;
        foreach (IoVec fragment in receive.Destination)
        {
            int run = Math.Min(receive.DestinationLength - at, fragment.Length - skip);
            payload.Slice(at, run).CopyTo(fragment.Span[skip..]);
            at += run;
            skip = 0;
        }
        Assert.Equal(receive.DestinationLength, at);
        receive.Complete(Errno.OK);
        return Errno.OK;
    }

    void Deliver(LNetMessage message)
    {
        if (Unreachable.Contains(message.NextHop) || !_interfaces.TryGetValue(message.NextHop, out var target))
        {
            message.Complete(Errno.EHOSTUNREACH);
            return;
        }
        if (Lose(message.Header))
        {
            message.Complete(Errno.OK);
            return;
        }
        Delivered++;
        // Over its bytes, so that every test also proves that a header survives the wire.
        message.Header.WriteNid16(_headerBytes);
        LNetHeader header = LNetHeader.ReadNid16(_headerBytes);
        (LNetInterface ni, LNetReceive receive) = target;
        Errno status = ni.Upcalls.Parse(ni, header, message.Interface.Nid, receive);
        if (status == Errno.OK)
        {
            FragmentCopy.Copy(
                message.Payload, message.PayloadOffset, receive.Destination, receive.DestinationOffset,
                receive.DestinationLength);
        }
        message.Complete(Errno.OK);
        if (status == Errno.OK)
            receive.Complete(Errno.OK);
    }

    sealed class WireLnd(Wire wire, LNetType type) : ILnd
    {
        readonly List<Nid> _mine = [];
        bool _disposed;

        public LNetType Type => type;

        public ValueTask<Errno> StartupAsync(LNetInterface ni, CancellationToken cancel)
        {
            wire._interfaces[ni.Nid] = (ni, new LNetReceive());
            _mine.Add(ni.Nid);
            return new(Errno.OK);
        }

        public void Send(LNetMessage message)
        {
            if (_disposed || !_mine.Contains(message.Interface.Nid))
                Assert.Fail("a message for a driver that is not there");
            if (wire._last is null)
                wire._first = message;
            else
                wire._last.NextQueued = message;
            wire._last = message;
        }

        public void ClosePeer(LNetInterface ni, Nid peer)
        {
        }

        /// <summary>As a driver must: what it still has ends with ESHUTDOWN.</summary>
        public ValueTask DisposeAsync()
        {
            _disposed = true;
            List<LNetMessage> queued = [];
            for (LNetMessage? next = wire._first; next is not null; next = next.NextQueued)
                queued.Add(next);
            wire._first = wire._last = null;
            foreach (LNetMessage message in queued)
                message.Complete(Errno.ESHUTDOWN);
            foreach (Nid nid in _mine)
                wire._interfaces.Remove(nid);
            return ValueTask.CompletedTask;
        }
    }
}
