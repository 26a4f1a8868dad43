using Lustrous.Idl.LNet;
using Lustrous.Libcfs;

namespace Lustrous.Simulation;

/// <summary>One connection between two lives: a flow each way, in order. A closed one is never used again.</summary>
sealed class SimConnection
{
    readonly SimPair _pair;
    readonly SimPort _dialler;
    readonly Nid _dialled;
    SimPort? _acceptor;
    SimFlow? _back;
    bool _closed;

    public SimConnection(SimPair pair, int slot, SimPort dialler, Nid dialled)
    {
        _pair = pair;
        Slot = slot;
        _dialler = dialler;
        _dialled = dialled;
        Forth = new SimFlow(pair, this, dialler, dialled);
    }

    public int Slot { get; }

    public bool IsOpen => _acceptor is not null && !_closed;

    public bool IsClosed => _closed;

    SimFlow Forth { get; }

    /// <summary>Whether this very life is one of the ends.</summary>
    public bool Serves(SimPort port) => !_closed && (port == _dialler || port == _acceptor);

    public bool IsStaleFor(SimPort port) =>
        !_closed && (_dialler.Nid == port.Nid && _dialler != port || _acceptor?.Nid == port.Nid && _acceptor != port);

    public SimFlow FlowFrom(SimPort port) => port == _dialler ? Forth : _back!;

    /// <summary>Connects: three trips, or refusal, or silence until the time is up.</summary>
    public void Dial()
    {
        SimLinkOptions link = _pair.Link;
        TimeSpan trip = SimFlow.DrawDelay(_pair.Network.Random, link);
        TimeSpan time = IsSilent() ? link.ConnectTimeout : trip * 3;
        _pair.Network.Scheduler.After(
            time, _dialler.Host, static state => ((SimConnection)state!).Dialled(), this, "dialled");
    }

    public void Pump()
    {
        Forth.Pump();
        _back?.Pump();
    }

    public void Close(Errno reason)
    {
        if (_closed)
            return;
        bool wasOpen = IsOpen;
        _closed = true;
        _pair.Network.Wire.Note("closed", (ulong)reason, (ulong)Slot, _dialler.Host.Name);
        Forth.Abort(reason);
        _back?.Abort(reason);
        Tell(_dialler, _dialled);
        if (wasOpen)
            Tell(_acceptor!, _dialler.Nid);
    }

    /// <summary>
    /// Nobody answers at all: the way is blocked, or the machine is down without anybody to refuse for it.
    /// </summary>
    bool IsSilent() =>
        _pair.Network.IsBlocked(_dialler.Nid, _dialled) || _pair.Network.IsBlocked(_dialled, _dialler.Nid)
        || _pair.Network.FindPort(_dialled) is null;

    void Dialled()
    {
        if (_closed)
            return;
        if (IsSilent())
        {
            Close(Errno.EHOSTUNREACH);
            return;
        }
        SimPort acceptor = _pair.Network.FindPort(_dialled)!;
        _acceptor = acceptor;
        _back = new SimFlow(_pair, this, acceptor, _dialler.Nid);
        Forth.Connect(acceptor);
        _back.Connect(_dialler);
        _dialler.Interface.Upcalls.NotifyPeer(_dialler.Interface, _dialled, alive: true);
        _pair.Network.Scheduler.After(TimeSpan.Zero, acceptor.Host, static state =>
        {
            var connection = (SimConnection)state!;
            SimPort port = connection._acceptor!;
            if (connection.IsOpen)
                port.Interface.Upcalls.NotifyPeer(port.Interface, connection._dialler.Nid, alive: true);
        }, this, "accepted");
    }

    /// <summary>The driver notices the loss a little later, and says so when no other connection is left.</summary>
    void Tell(SimPort port, Nid peer)
    {
        if (!_pair.Remove(this, port) || !port.Host.IsAlive || !port.IsUp)
            return;
        _pair.Network.Scheduler.After(SimFlow.DrawDelay(_pair.Network.Random, _pair.Link), port.Host, static state =>
        {
            var (pair, port, peer) = ((SimPair, SimPort, Nid))state!;
            if (port.IsUp && !pair.IsConnected(port))
                port.Interface.Upcalls.NotifyPeer(port.Interface, peer, alive: false);
        }, (_pair, port, peer), "down");
    }
}
