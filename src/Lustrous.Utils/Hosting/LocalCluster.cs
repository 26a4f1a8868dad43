using Lustrous.Idl.LNet;
using Lustrous.LNet;

namespace Lustrous.Utils.Hosting;

/// <summary>How large a file system in one process is.</summary>
sealed record LocalClusterOptions
{
    public string FsName { get; init; } = "lustre";

    public int Mdts { get; init; } = 1;

    public int Osts { get; init; } = 4;

    /// <summary>Where other machines reach it; 0@lo for nobody else.</summary>
    public Nid Nid { get; init; } = Nid.Loopback;

    public int Port { get; init; } = 988;

    /// <summary>Bytes of each OST at most; 0: as much as there is.</summary>
    public long OstBytes { get; init; }

    /// <summary>Folder with the targets; null keeps them in memory.</summary>
    public string? Store { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Warning;
}

/// <summary>A whole file system in one process: MGS, MDTs and OSTs, and mounts of it.</summary>
sealed class LocalCluster : IAsyncDisposable
{
    LocalCluster(HostNode node, LocalClusterOptions options)
    {
        Node = node;
        Options = options;
    }

    public HostNode Node { get; }

    public LocalClusterOptions Options { get; }

    public ServerHost Servers { get; private set; } = null!;

    public string FsName { get; private set; } = "";

    public static async Task<LocalCluster> StartAsync(LocalClusterOptions options, CancellationToken cancel)
    {
        IReadOnlyList<TargetDescription> targets =
            options.Store is { } store ? LocalStore.Open(store, options) : MakeTargets(options);
        HostNode node = await HostNode.StartAsync(new HostOptions
        {
            Nid = options.Nid,
            Port = options.Port,
            Listens = !options.Nid.IsLoopback,
            LogLevel = options.LogLevel,
        }, cancel);
        var cluster = new LocalCluster(node, options) { FsName = targets.First(target => target.Mdt).FsName };
        try
        {
            cluster.Servers = await ServerHost.StartAsync(node, targets, cancel);
            // The only clients that there could be ended with the servers.
            if (options.Nid.IsLoopback)
                cluster.Servers.Server.AbortRecovery();
            return cluster;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public Task<FuseMount> MountAsync(string mountPoint, CancellationToken cancel) =>
        FuseMount.MountAsync(Node, new FuseMountRequest
        {
            MountPoint = mountPoint,
            FsName = FsName,
            Mgs = [new LNetProcessId(Node.Nid, LNetProcessId.LustrePid)],
        }, cancel);

    /// <summary>What runs, and where it is kept.</summary>
    public string Describe() =>
        $"{Servers.Running.Count(target => target.Mdt)} MDT, {Servers.Running.Count(target => target.Ost)} OST, "
        + (Options.Store is { } store ? $"kept in {store}" : "in memory");

    /// <summary>Mounts have been unmounted before.</summary>
    public async ValueTask DisposeAsync()
    {
        await Servers.DisposeAsync();
        await Node.DisposeAsync();
    }

    /// <summary>The targets of a new file system.</summary>
    internal static List<TargetDescription> MakeTargets(LocalClusterOptions options)
    {
        if (options.Mdts < 1 || options.Osts < 0)
            throw new HostException(Errno.EINVAL, "a file system has at least one MDT");
        var targets = new List<TargetDescription>
        {
            new() { Mgs = true },
        };
        for (int i = 0; i < options.Mdts; i++)
            targets.Add(new() { Mdt = true, FsName = options.FsName, Index = (uint)i });
        for (int i = 0; i < options.Osts; i++)
        {
            targets.Add(new()
            {
                Ost = true,
                FsName = options.FsName,
                Index = (uint)i,
                CapacityBytes = options.OstBytes,
            });
        }
        return targets;
    }
}
