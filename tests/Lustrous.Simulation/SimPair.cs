using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Simulation;

/// <summary>Two NIDs that talk: the connections between them.</summary>
sealed class SimPair(SimNetwork network, Nid a, Nid b)
{
    readonly List<SimConnection> _connections = [];

    public SimNetwork Network => network;

    public SimLinkOptions Link => network.LinkOf(a, b);

    public bool Has(Nid nid) => nid == a || nid == b;

    /// <summary>Queues a message on a connection drawn at random, dialling it first where there is none.</summary>
    public void Send(SimPort from, LNetMessage message)
    {
        int slot = network.Random.Next(Math.Max(1, Link.Connections));
        SimConnection? connection = _connections.Find(c => c.Slot == slot && c.Serves(from));
        if (connection is null)
        {
            connection = new SimConnection(this, slot, from, from.Nid == a ? b : a);
            _connections.Add(connection);
            connection.Dial();
        }
        connection.FlowFrom(from).Enqueue(message);
    }

    public void Close(Errno reason)
    {
        foreach (SimConnection connection in _connections.ToArray())
            connection.Close(reason);
    }

    /// <summary>Closes the connections to an earlier life of <paramref name="port"/>'s machine.</summary>
    public void CloseStale(SimPort port)
    {
        foreach (SimConnection connection in _connections.ToArray())
        {
            if (connection.IsStaleFor(port))
                connection.Close(Errno.ECONNRESET);
        }
    }

    public void Pump()
    {
        foreach (SimConnection connection in _connections.ToArray())
            connection.Pump();
    }

    /// <summary>Forgets a closed connection; says whether it was the last open one of that port.</summary>
    public bool Remove(SimConnection connection, SimPort port)
    {
        _connections.Remove(connection);
        return !IsConnected(port);
    }

    public bool IsConnected(SimPort port) => _connections.Exists(c => c.IsOpen && c.Serves(port));
}
