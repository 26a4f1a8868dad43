using System.Net;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Simulation;

/// <summary>
/// A machine with one NID. It may crash and come back as another life of itself, which remembers nothing.
/// </summary>
public sealed class SimNode
{
    readonly Simulation _simulation;
    readonly string _name;
    int _lives;
    LNetNode? _lnet;

    internal SimNode(Simulation simulation, string name, Nid nid)
    {
        _simulation = simulation;
        _name = name;
        Nid = nid;
        Host = new SimHost(simulation.Scheduler, name, _lives++);
    }

    public Nid Nid { get; }

    public LNetProcessId Id => new(Nid, LNetProcessId.LustrePid);

    /// <summary>The present life.</summary>
    public SimHost Host { get; private set; }

    public NodeContext Context => Host.Node;

    public LNetNode LNet => _lnet ?? throw new InvalidOperationException($"{_name} is down");

    public bool IsUp => _lnet is not null;

    /// <summary>What a disk of this machine runs on, which does not die with it.</summary>
    public SimHost AddDisk(string name) => _simulation.AddHost(name);

    /// <summary>Begins something on this node; cancelled when it crashes.</summary>
    public Task RunAsync(Func<Task> body) => Host.RunAsync(body);

    /// <summary>Stops everything of the node at once; nothing of it runs any more.</summary>
    /// <param name="loud">Peers see their connections reset (a process died); else they see silence (the machine
    /// did).</param>
    public void Crash(bool loud)
    {
        Host.Kill();
        _lnet = null;
        _simulation.Network.RemoveHost(Host, loud);
    }

    /// <summary>Starts LNet on a new life.</summary>
    public Task RestartAsync()
    {
        Lassert.That(!Host.IsAlive, "a node that lives cannot restart");
        Host = new SimHost(_simulation.Scheduler, _name, _lives++);
        return StartAsync();
    }

    internal Task StartAsync() => Host.RunAsync(async () =>
    {
        var lnet = new LNetNode(Context);
        Errno status = await lnet.AddInterfaceAsync(Nid, new SimLnd(_simulation.Network, Host), default);
        Lassert.That(status == Errno.OK, "a simulated interface did not start");
        _lnet = lnet;
    });

    /// <summary>Shuts LNet down in an orderly way.</summary>
    public async Task StopAsync()
    {
        LNetNode? lnet = _lnet;
        _lnet = null;
        if (lnet is not null)
            await Host.RunAsync(() => lnet.DisposeAsync().AsTask());
    }

    internal void CheckLeaks()
    {
        long bytes = Context.Buffers.OutstandingBytes;
        Lassert.That(!Host.IsAlive || bytes == 0, $"{_name} still holds {bytes} bytes of pooled buffers");
    }

    public static Nid NidOf(int number) =>
        Nid.FromIPAddress((uint)LNetType.Tcp << 16, new IPAddress([10, 0, 0, (byte)number]));
}
