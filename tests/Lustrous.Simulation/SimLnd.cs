using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd;

namespace Lustrous.Simulation;

/// <summary>The driver of one simulated machine: hands messages to the <see cref="SimNetwork"/>.</summary>
public sealed class SimLnd(SimNetwork network, SimHost host) : ILnd
{
    readonly List<SimPort> _ports = [];

    public LNetType Type => LNetType.Tcp;

    public ValueTask<Errno> StartupAsync(LNetInterface ni, CancellationToken cancel)
    {
        if (network.FindPort(ni.Nid) is not null)
            return ValueTask.FromResult(Errno.EADDRINUSE);
        var port = new SimPort(host, ni);
        _ports.Add(port);
        network.AddPort(port);
        return ValueTask.FromResult(Errno.OK);
    }

    public void Send(LNetMessage message)
    {
        foreach (SimPort port in _ports)
        {
            if (port.Interface.Nid == message.Interface.Nid)
            {
                network.Send(port, message);
                return;
            }
        }
        Lassert.Lbug("a message for an interface that was not started or is shut down");
    }

    public void ClosePeer(LNetInterface ni, Nid peer) => network.FindPair(ni.Nid, peer)?.Close(Errno.ESHUTDOWN);

    public ValueTask DisposeAsync()
    {
        foreach (SimPort port in _ports)
            network.RemovePort(port, loud: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>An interface that is up: a NID, and the life of the machine that has it.</summary>
sealed class SimPort(SimHost host, LNetInterface ni)
{
    public SimHost Host => host;

    public LNetInterface Interface => ni;

    public Nid Nid => ni.Nid;

    /// <summary>Not shut down and not crashed.</summary>
    public bool IsUp { get; set; } = true;
}
