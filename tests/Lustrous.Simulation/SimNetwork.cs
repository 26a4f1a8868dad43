using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Simulation;

/// <summary>
/// The wire between all nodes of a run. It carries LNet messages over simulated connections, one <see cref="SimPair"/>
/// for
/// every two NIDs, and does to them what links, cuts, partitions and crashes do.
/// </summary>
public sealed class SimNetwork
{
    readonly Simulation _simulation;
    readonly SimHost _wire;
    readonly List<SimPort> _ports = [];
    readonly List<SimPair> _pairs = [];
    readonly Dictionary<(Nid, Nid), SimPair> _pairOf = [];
    readonly Dictionary<(Nid, Nid), SimLinkOptions> _links = [];
    readonly HashSet<(Nid From, Nid To)> _blocked = [];

    internal SimNetwork(Simulation simulation)
    {
        _simulation = simulation;
        _wire = new SimHost(simulation.Scheduler, "wire", 0);
        Random = _wire.Node.Random;
    }

    /// <summary>How links behave that have no options of their own.</summary>
    public SimLinkOptions DefaultLink { get; set; } = SimLinkOptions.Default;

    /// <summary>
    /// Sees every message as it leaves (sender, receiver, header); true loses it. For scripted losses.
    /// </summary>
    public Func<Nid, Nid, LNetHeader, bool>? Lose { get; set; }

    /// <summary>
    /// Sees every message as it leaves (sender, receiver, header, payload) and returns the payload that arrives in
    /// its place. For peers that lie.
    /// </summary>
    public Func<Nid, Nid, LNetHeader, byte[], byte[]>? Alter { get; set; }

    /// <summary>
    /// Sees every message as <see cref="Alter"/> and returns others that arrive right after it on the same connection,
    /// though nobody sent them.
    /// </summary>
    public Func<Nid, Nid, LNetHeader, byte[], IReadOnlyList<(LNetHeader Header, byte[] Payload)>>? Forge { get; set; }

    /// <summary>Messages that reached their node, and those lost on the way.</summary>
    public long Delivered { get; internal set; }

    public long Lost { get; internal set; }

    /// <summary>Connections closed because the receiver refused what came on them (EPROTO).</summary>
    public long Refused { get; internal set; }

    internal SeededRandom Random { get; }

    internal SimScheduler Scheduler => _simulation.Scheduler;

    internal SimHost Wire => _wire;

    /// <summary>Sets how the link between two nodes behaves, from the next message on.</summary>
    public void SetLink(Nid a, Nid b, SimLinkOptions options)
    {
        _links[(a, b)] = options;
        _links[(b, a)] = options;
    }

    /// <summary>
    /// Closes all connections between two nodes: what is under way is lost, what waits fails or is lost.
    /// </summary>
    public void Cut(Nid a, Nid b)
    {
        _wire.Note("cut", detail: $"{a.ToIPAddress()} {b.ToIPAddress()}");
        FindPair(a, b)?.Close(Errno.ECONNRESET);
    }

    /// <summary>
    /// Lets nothing through from one node to the other: it waits as TCP does, until healed or given up.
    /// </summary>
    public void Block(Nid from, Nid to)
    {
        _wire.Note("block", detail: $"{from.ToIPAddress()} {to.ToIPAddress()}");
        _blocked.Add((from, to));
    }

    /// <summary>Blocks both directions.</summary>
    public void Partition(Nid a, Nid b)
    {
        Block(a, b);
        Block(b, a);
    }

    /// <summary>Ends blocking in both directions.</summary>
    public void Heal(Nid a, Nid b)
    {
        _wire.Note("heal", detail: $"{a.ToIPAddress()} {b.ToIPAddress()}");
        _blocked.Remove((a, b));
        _blocked.Remove((b, a));
        FindPair(a, b)?.Pump();
    }

    internal bool IsBlocked(Nid from, Nid to) => _blocked.Contains((from, to));

    internal SimLinkOptions LinkOf(Nid a, Nid b) => _links.GetValueOrDefault((a, b), DefaultLink);

    internal SimPort? FindPort(Nid nid)
    {
        foreach (SimPort port in _ports)
        {
            if (port.Nid == nid)
                return port;
        }
        return null;
    }

    internal void AddPort(SimPort port)
    {
        _ports.Add(port);
        // Whoever still talks to an earlier life of this machine is now told so (TCP's reset).
        foreach (SimPair pair in _pairs)
            pair.CloseStale(port);
    }

    /// <summary>
    /// Takes an interface off the network. Loud: peers see their connections close; else they see silence.
    /// </summary>
    internal void RemovePort(SimPort port, bool loud)
    {
        port.IsUp = false;
        _ports.Remove(port);
        if (!loud)
            return;
        foreach (SimPair pair in _pairs)
        {
            if (pair.Has(port.Nid))
                pair.Close(port.Host.IsAlive ? Errno.ESHUTDOWN : Errno.ECONNRESET);
        }
    }

    /// <summary>Takes all interfaces of a host off the network, as <see cref="RemovePort"/>.</summary>
    public void RemoveHost(SimHost host, bool loud)
    {
        foreach (SimPort port in _ports.FindAll(port => port.Host == host))
            RemovePort(port, loud);
    }

    internal SimPair? FindPair(Nid a, Nid b) => _pairOf.GetValueOrDefault((a, b));

    internal void Send(SimPort from, LNetMessage message)
    {
        Nid to = message.NextHop;
        SimPair? pair = FindPair(from.Nid, to);
        if (pair is null)
        {
            pair = new SimPair(this, from.Nid, to);
            _pairs.Add(pair);
            _pairOf[(from.Nid, to)] = pair;
            _pairOf[(to, from.Nid)] = pair;
        }
        pair.Send(from, message);
    }
}
