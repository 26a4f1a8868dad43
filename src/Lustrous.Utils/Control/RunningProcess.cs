using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Control;

/// <summary>What runs in this process, and can be asked.</summary>
sealed class RunningProcess(HostNode node)
{
    readonly Lock _lock = new();
    readonly List<FuseMount> _mounts = [];

    public HostNode Node { get; } = node;

    /// <summary>Its servers; null for a mount.</summary>
    public ServerHost? Servers { get; set; }

    public IReadOnlyList<FuseMount> Mounts
    {
        get
        {
            lock (_lock)
                return [.. _mounts];
        }
    }

    public void Add(FuseMount mount)
    {
        lock (_lock)
            _mounts.Add(mount);
    }

    public void Remove(FuseMount mount)
    {
        lock (_lock)
            _mounts.Remove(mount);
    }

    /// <summary>Starts to listen for lctl and lfs.</summary>
    public ControlServer? Listen()
    {
        var lctl = new LctlVerbs(this);
        var lfs = new LfsVerbs(this);
        return ControlServer.Start(
            (words, cancel) => words is ["lfs", ..]
                ? lfs.ExecuteAsync(words, cancel)
                : lctl.ExecuteAsync(words, cancel),
            line => Node.Log.Warning("control", line));
    }
}
