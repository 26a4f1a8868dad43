using System.Globalization;
using System.Net.Sockets;
using Lustrous.Idl.LNet;
using Lustrous.LNet;
using Lustrous.LNet.Lnd.Socklnd;

namespace Lustrous.Utils.Hosting;

/// <summary>The node that a process is: the machine's clock, threads and sockets below a <see cref="LustreNode"/>.
/// </summary>
sealed class HostNode : IAsyncDisposable
{
    /// <summary>What no one needed for so long goes back to the machine.</summary>
    static readonly TimeSpan s_trimInterval = TimeSpan.FromMinutes(5);

    // What every kernel since 2.11 says of itself. One that does not is pinged anew for every connection, and kernels
    // log "Multi-Rail state vanished" each time.
    static readonly LNetOptions s_options = new()
    {
        Features =
            PingFeatures.NI_STATUS | PingFeatures.RTE_DISABLED | PingFeatures.MULTI_RAIL | PingFeatures.DISCOVERY,
    };

    readonly LNetNode _lnet;
    readonly ITimer _trimTimer;

    HostNode(HostOptions options)
    {
        Options = options;
        Log = new ConsoleLog(options.LogLevel);
        Context = HostContext.Create(Log);
        _lnet = new LNetNode(Context, s_options);
        Lustre = new LustreNode(_lnet, options.Timeouts);
        Lustre.Ptlrpc.ProcessId = Environment.ProcessId;
        _trimTimer = Context.Clock.CreateTimer(
            static pool => ((BufferPool)pool!).Trim(), Context.Buffers, s_trimInterval, s_trimInterval);
    }

    public HostOptions Options { get; }

    public ConsoleLog Log { get; }

    public NodeContext Context { get; }

    public LustreNode Lustre { get; }

    public Nid Nid => Options.Nid;

    /// <summary>Starts the network; throws <see cref="HostException"/> when it cannot.</summary>
    public static async Task<HostNode> StartAsync(HostOptions options, CancellationToken cancel)
    {
        var node = new HostNode(options);
        try
        {
            if (!options.Nid.IsLoopback)
                await node.StartTcpAsync(cancel);
            if (node.Lustre.Start() is var error and not Errno.OK)
                throw new HostException(error, $"the lock callback service does not start: {error}");
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _trimTimer.DisposeAsync();
        await Bounded.StopAsync(this, "the node", Lustre, seconds: 10);
        await Bounded.StopAsync(this, "LNet", _lnet, seconds: 10);
    }

    async Task StartTcpAsync(CancellationToken cancel)
    {
        var lnd = new KsockLnd(Context, new KsockTunables
        {
            AcceptPort = Options.Port,
            PeerPort = _ => Options.Port,
            AddressOf = Options.AddressOf,
            Accept = Options.Listens ? AcceptMode.All : AcceptMode.None,
            // Kernel servers, which insist on them, listen on 988.
            ReservedPorts = Options.Port == 988,
        });
        Errno error;
        try
        {
            error = await _lnet.AddInterfaceAsync(Options.Nid, lnd, cancel);
        }
        catch (SocketException e)
        {
            throw new HostException(Errno.EADDRNOTAVAIL, $"{Options.Nid}: {e.Message}");
        }
        if (error == Errno.OK)
            return;
        string port = Options.Port.ToString(CultureInfo.InvariantCulture);
        throw new HostException(error, error switch
        {
            Errno.EADDRINUSE =>
                $"port {port} of {Options.Nid} is taken: another server runs there. Stop it, or choose --port",
            Errno.EACCES => $"port {port} needs privilege. Run as root, or choose a --port above 1023",
            Errno.EADDRNOTAVAIL =>
                $"{Options.Nid} is no address of this machine. Choose --nid ADDRESS@tcp as 'ip address' shows it",
            _ => $"the network {Options.Nid}, port {port}, does not start: {error}",
        });
    }
}
