using Lustrous.Idl.LNet;
using Lustrous.Libcfs;

namespace Lustrous.Simulation;

// The nodes of a run, and the check at its end that they gave back what they took.
public sealed partial class Simulation
{
    readonly List<SimNode> _nodes = [];

    public IReadOnlyList<SimNode> Nodes => _nodes;

    /// <summary>A machine without a network.</summary>
    public SimHost AddHost(string name) => new(Scheduler, name, 0);

    /// <summary>A new machine, 10.0.0.k@tcp for the k-th, with its LNet started.</summary>
    public Task<SimNode> AddNodeAsync() => AddNodeAsync(SimNode.NidOf(_nodes.Count + 1));

    /// <summary>A new machine of this address.</summary>
    public async Task<SimNode> AddNodeAsync(Nid nid)
    {
        int number = _nodes.Count + 1;
        Lassert.That(number < 255);
        var node = new SimNode(this, $"n{number}", nid);
        _nodes.Add(node);
        await node.StartAsync();
        return node;
    }

    public async Task<SimNode[]> AddNodesAsync(int count)
    {
        var nodes = new SimNode[count];
        for (int i = 0; i < count; i++)
            nodes[i] = await AddNodeAsync();
        return nodes;
    }

    async Task StopAllAsync()
    {
        foreach (SimNode node in _nodes)
            await node.StopAsync();
        await SettledAsync();
    }

    void CheckLeaks()
    {
        foreach (SimNode node in _nodes)
            node.CheckLeaks();
    }
}
