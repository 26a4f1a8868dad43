using Lustrous.Clients.Lmv;
using Lustrous.Clients.Lov;
using Lustrous.Clients.Mgc;
using Lustrous.Clients.Osc;
using Lustrous.Llite;
using Lustrous.LNet;

namespace Lustrous.Utils.Hosting;

/// <summary>How to mount.</summary>
public sealed record ClientMountOptions
{
    /// <summary>At most 8 characters.</summary>
    public required string FsName { get; init; }

    public required IReadOnlyList<LNetProcessId> Mgs { get; init; }

    /// <summary>Directory of the file system to show as the root (<c>MGS:/fsname/sub/dir</c>); empty for all.</summary>
    public string Fileset { get; init; } = "";

    public bool ReadOnly { get; init; }

    public FileLockScope FileLocks { get; init; }

    /// <summary>Told before a lock that the kernel's caches rest on is given back.</summary>
    public IKernelCache Kernel { get; init; } = NoKernelCache.Instance;
}

/// <summary>One mount of a file system, below any kernel: configuration log, clients of all targets, Llite.</summary>
/// <remarks>Source: ll_fill_super of lustre/llite/llite_lib.c.</remarks>
public sealed class ClientMount : IAsyncDisposable
{
    readonly LustreNode _node;
    readonly ClientMountOptions _options;
    readonly Mgc _mgc;
    readonly ClientConfig _config;
    readonly RecoverTable _recover;
    readonly ParamsLog _params;

    ClientMount(LustreNode node, ClientMountOptions options, Mgc mgc, ClientConfig config, LliteMount llite)
    {
        _node = node;
        _options = options;
        _mgc = mgc;
        _config = config;
        _params = new ParamsLog(node);
        _recover = new RecoverTable(config.FindImport);
        Llite = llite;
    }

    public LliteMount Llite { get; }

    public LmvDevice Lmv => _config.Lmv;

    public LovDevice Lov => _config.Lov;

    /// <summary>Mounts.</summary>
    /// <returns>EINVAL: the MGS knows no file system of this name; otherwise why the MGS, or the MDT, cannot be
    /// reached.</returns>
    public static async ValueTask<Result<ClientMount>> MountAsync(
        LustreNode node, ClientMountOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        Result<Mgc> mgc = await node.ConnectMgsAsync(options.Mgs, cancel);
        if (mgc.Failed)
            return mgc.Error;
        string instance = $"ffff{node.Context.Random.Next(int.MaxValue):x8}{node.Context.Random.Next(1 << 16):x4}";
        string uuid = node.NewUuid();
        var config = new ClientConfig(node, instance, uuid, new OscPageCache());
        string log = options.FsName + "-client";
        Errno status = await mgc.Value.FollowAsync(log, config, cancel);
        if (status == Errno.ENOENT)
            status = Errno.EINVAL;
        if (status != Errno.OK || config.Profile is null)
        {
            await mgc.Value.UnfollowAsync(log, config);
            await config.DisposeAsync();
            return status == Errno.OK ? Errno.EINVAL : status;
        }
        var llite = new LliteMount(node.Context, new LliteMountOptions
        {
            FsName = options.FsName,
            Instance = instance,
            ClientUuid = uuid,
            Fileset = options.Fileset,
            ReadOnly = options.ReadOnly,
            FileLocks = options.FileLocks,
            Kernel = options.Kernel,
            DirectFromBytes = options.Mgs[0].Nid.IsLoopback ? 256 << 10 : int.MaxValue,
        }, config.Lmv, config.Lov, node.Parameters);
        var mount = new ClientMount(node, options, mgc.Value, config, llite);
        status = await llite.MountAsync(cancel);
        // What was set everywhere with set_param -P, now that there is something to set it on.
        if (status == Errno.OK)
            status = await mgc.Value.FollowAsync(Mgc.ParamsLog, mount._params, cancel);
        if (status != Errno.OK)
        {
            await mount.DisposeAsync();
            return status;
        }
        await mount.FollowRecoverTableAsync(cancel);
        return mount;
    }

    /// <summary>Without the table a lost server is found again at the next try, some seconds later.</summary>
    async ValueTask FollowRecoverTableAsync(CancellationToken cancel)
    {
        Errno status = await _mgc.FollowRecoverAsync(_options.FsName, _recover, forMdt: false, cancel);
        if (status != Errno.OK)
            _node.Context.Log.Warning(_options.FsName, $"no imperative recovery: {status}");
    }

    /// <summary>Unmounts: writes back, gives locks back, disconnects; takes a bounded time even when no server
    /// answers.</summary>
    public async ValueTask DisposeAsync()
    {
        await _mgc.UnfollowAsync(_options.FsName + "-cliir", _recover);
        await _mgc.UnfollowAsync(Mgc.ParamsLog, _params);
        await _mgc.UnfollowAsync(_options.FsName + "-client", _config);
        await Llite.DisposeAsync();
        await _config.DisposeAsync();
    }
}
