using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Simulation;

/// <summary>
/// One direction of a connection: messages waiting at the sender, bytes under way, one being received.
/// </summary>
sealed class SimFlow(SimPair pair, SimConnection connection, SimPort from, Nid toNid)
{
    /// <summary>A sender that queues without end is a bug the run must show, not hide in memory.</summary>
    const int MaxWaiting = 1 << 16;

    readonly Queue<LNetMessage> _waiting = new();
    readonly Queue<SimPacket> _underWay = new();
    readonly LNetReceive _receive = new();
    SimPort? _to;
    SimPacket? _receiving;
    long _underWayBytes;
    TimeSpan _lastArrival;
    TimeSpan _lastProgress;
    bool _transmitting;
    bool _watched;

    SimNetwork Network => pair.Network;

    SimScheduler Scheduler => pair.Network.Scheduler;

    bool IsStalled => Network.IsBlocked(from.Nid, toNid) || _to is not null && !_to.IsUp;

    public static TimeSpan DrawDelay(SeededRandom random, SimLinkOptions link) =>
        link.MinDelay + (link.MaxDelay - link.MinDelay) * random.NextDouble();

    public void Enqueue(LNetMessage message)
    {
        Lassert.That(_waiting.Count < MaxWaiting, "messages queue without end on one connection");
        _waiting.Enqueue(message);
        Pump();
    }

    public void Connect(SimPort to)
    {
        _to = to;
        _lastProgress = Scheduler.Now;
        Pump();
    }

    /// <summary>Moves what can be moved: the next waiting message out, the next arrived one in.</summary>
    public void Pump()
    {
        if (_to is null || connection.IsClosed)
            return;
        if (IsStalled)
            Watch();
        if (!_transmitting && _waiting.Count > 0 && _underWayBytes <= pair.Link.WindowBytes)
        {
            _transmitting = true;
            long bytes = SimPacket.HeaderBytes + _waiting.Peek().PayloadLength;
            TimeSpan time = TimeSpan.FromMicroseconds(1 + Network.Random.Next(20));
            if (pair.Link.BytesPerSecond > 0)
                time += TimeSpan.FromSeconds((double)bytes / pair.Link.BytesPerSecond);
            Scheduler.After(time, from.Host, static state => ((SimFlow)state!).Transmit(), this, "transmit");
        }
        if (_receiving is null && !IsStalled
            && _underWay.TryPeek(out SimPacket? packet) && packet.Arrival <= Scheduler.Now)
        {
            _receiving = _underWay.Dequeue();
            _underWayBytes -= packet.Bytes;
            _lastProgress = Scheduler.Now;
            Scheduler.After(TimeSpan.Zero, _to.Host, static state => ((SimFlow)state!).Receive(), this, "receive");
        }
    }

    /// <summary>
    /// The connection is gone: what waits fails, what is under way is lost, a payload half received ends so.
    /// </summary>
    public void Abort(Errno reason)
    {
        while (_waiting.TryDequeue(out LNetMessage? message))
        {
            // The first may already lie in the socket's buffer: then the sender believes that it was sent.
            bool buffered = _transmitting && Network.Random.Next(2) == 0;
            _transmitting = false;
            Errno status = buffered ? Errno.OK : reason;
            Scheduler.After(
                TimeSpan.FromMicroseconds(Network.Random.Next(100)), from.Host,
                static state => Finish(((LNetMessage, Errno))state!), (message, status), "failed");
        }
        Network.Lost += _underWay.Count;
        _underWay.Clear();
        _underWayBytes = 0;
        if (_receiving is { IsParsed: true } && _to is not null)
        {
            Scheduler.After(
                TimeSpan.Zero, _to.Host, static state => ((LNetReceive)state!).Complete(Errno.ECONNRESET), _receive,
                "broken");
        }
        _receiving = null;
    }

    static void Finish((LNetMessage Message, Errno Status) end) => end.Message.Complete(end.Status);

    void Transmit()
    {
        if (connection.IsClosed)
            return;
        _transmitting = false;
        LNetMessage message = _waiting.Dequeue();
        SimLinkOptions link = pair.Link;
        LNetHeader header = message.Header;
        byte[] payload = SimPacket.PayloadOf(message);
        var packet = SimPacket.Of(header, Network.Alter?.Invoke(from.Nid, toNid, header, payload) ?? payload);
        bool lost = Network.Random.NextDouble() < link.DropProbability;
        lost |= Network.Lose?.Invoke(from.Nid, toNid, message.Header) ?? false;
        from.Host.Note(lost ? "lose" : "send", packet.Checksum, (ulong)packet.Bytes, packet.Kind);
        message.Complete(Errno.OK);
        if (connection.IsClosed)
            return;
        if (lost)
        {
            Network.Lost++;
        }
        else
        {
            Depart(packet, link);
            if (Network.Forge is { } forge)
            {
                foreach ((LNetHeader forged, byte[] bytes) in forge(from.Nid, toNid, header, payload))
                    Depart(SimPacket.Of(forged, bytes), link);
            }
        }
        if (Network.Random.NextDouble() < link.CutProbability)
        {
            TimeSpan soon = DrawDelay(Network.Random, link);
            Scheduler.After(
                soon, Network.Wire, static state => ((SimConnection)state!).Close(Errno.ECONNRESET), connection, "cut");
        }
        Pump();
    }

    void Depart(SimPacket packet, SimLinkOptions link)
    {
        TimeSpan arrival = Scheduler.Now + DrawDelay(Network.Random, link);
        packet.Arrival = arrival > _lastArrival ? arrival : _lastArrival;
        _lastArrival = packet.Arrival;
        _underWay.Enqueue(packet);
        _underWayBytes += packet.Bytes;
        Scheduler.After(
            packet.Arrival - Scheduler.Now, Network.Wire, static state => ((SimFlow)state!).Pump(), this, "arrive");
    }

    void Receive()
    {
        if (_receiving is not { } packet || _to is not { IsUp: true } to)
            return;
        LNetHeader header = packet.ReadHeader();
        Errno status = to.Interface.Upcalls.Parse(to.Interface, header, from.Nid, _receive);
        to.Host.Note("parse", packet.Checksum, (ulong)status, packet.Kind);
        if (status != Errno.OK)
        {
            Network.Refused++;
            connection.Close(Errno.EPROTO);
            return;
        }
        packet.IsParsed = true;
        if (connection.IsClosed)
        {
            // Parse itself had the connection closed; the abort came before there was anything to end.
            _receive.Complete(Errno.ECONNRESET);
            return;
        }
        if (Network.Random.NextDouble() < pair.Link.SplitReceiveProbability)
        {
            TimeSpan time = DrawDelay(Network.Random, pair.Link);
            Scheduler.After(time, to.Host, static state => ((SimFlow)state!).FinishReceive(), this, "payload");
            return;
        }
        FinishReceive();
    }

    void FinishReceive()
    {
        if (_receiving is not { } packet)
            return;
        packet.CopyTo(_receive);
        Network.Delivered++;
        _receiving = null;
        _lastProgress = Scheduler.Now;
        _receive.Complete(Errno.OK);
        Pump();
    }

    /// <summary>Gives a connection up on which something waits and nothing has moved for too long.</summary>
    void Watch()
    {
        if (_watched || _waiting.Count + _underWay.Count == 0)
            return;
        _watched = true;
        Scheduler.After(pair.Link.SocketTimeout, Network.Wire, static state =>
        {
            var flow = (SimFlow)state!;
            flow._watched = false;
            flow.Unwatch();
        }, this, "stalled");
    }

    void Unwatch()
    {
        if (connection.IsClosed)
            return;
        bool tooLong = Scheduler.Now - _lastProgress >= pair.Link.SocketTimeout;
        if (IsStalled && tooLong && _waiting.Count + _underWay.Count > 0)
            connection.Close(Errno.ETIMEDOUT);
        else
            Pump();
    }
}
