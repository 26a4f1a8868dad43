using System.Net.Sockets;
using Lustrous.Idl.LNet;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd.Socklnd;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;
using Lustrous.Obdclass.Parameters;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Utils.Hosting;

/// <summary>One node in a process: network, RPCs, locks, devices and parameters, which its servers and mounts
/// share.</summary>
sealed partial class HostNode : IAsyncDisposable
{
    HostNode(HostOptions options)
    {
        Options = options;
        Log = new ConsoleLog(options.LogLevel);
        Context = HostContext.Create(Log);
        LNet = new LNetNode(Context);
        Ptlrpc = new PtlrpcNode(LNet, options.Timeouts) { ProcessId = Environment.ProcessId };
        Ldlm = new LdlmNode(Ptlrpc);
        Exports = new ExportTable(Context);
        Config = new ConfigProcessor(Devices, Uuids);
        RegisterTypes();
    }

    public HostOptions Options { get; }

    public ConsoleLog Log { get; }

    public NodeContext Context { get; }

    public LNetNode LNet { get; }

    public PtlrpcNode Ptlrpc { get; }

    public LdlmNode Ldlm { get; }

    public ExportTable Exports { get; }

    public ObdDeviceTable Devices { get; } = new();

    public UuidTable Uuids { get; } = new();

    public ConfigProcessor Config { get; }

    public ParameterTree Parameters { get; } = new();

    public Nid Nid => Options.Nid;

    /// <summary>Starts the network; throws <see cref="HostException"/> when it cannot.</summary>
    public static async Task<HostNode> StartAsync(HostOptions options, CancellationToken cancel)
    {
        var node = new HostNode(options);
        try
        {
            if (!options.Nid.IsLoopback)
                await node.StartTcpAsync(cancel);
            if (node.Ldlm.Start() is var error and not Errno.OK)
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
        await Ldlm.DisposeAsync();
        Ptlrpc.Dispose();
        await LNet.DisposeAsync();
    }

    async Task StartTcpAsync(CancellationToken cancel)
    {
        var lnd = new KsockLnd(Context, new KsockTunables
        {
            AcceptPort = Options.Port,
            PeerPort = _ => Options.Port,
            AddressOf = Options.AddressOf,
            Accept = Options.Listens ? AcceptMode.All : AcceptMode.None,
            // Kernel servers that insist on them listen on 988.
            ReservedPorts = Options.Port == 988,
        });
        Errno error;
        try
        {
            error = await LNet.AddInterfaceAsync(Options.Nid, lnd, cancel);
        }
        catch (SocketException e)
        {
            throw new HostException(Errno.EADDRNOTAVAIL, $"{Options.Nid}: {e.Message}");
        }
        if (error == Errno.OK)
            return;
        string port = Options.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        throw new HostException(error, error switch
        {
            Errno.EADDRINUSE =>
                $"port {port} of {Options.Nid} is taken: another server runs there. Stop it, or choose --port",
            Errno.EACCES =>
                $"port {port} needs privilege. Run as root, or choose --port above 1023",
            Errno.EADDRNOTAVAIL =>
                $"{Options.Nid} is no address of this machine. Choose --nid ADDRESS@tcp from 'ip address'",
            _ => $"the network {Options.Nid}, port {port}, does not start: {error}",
        });
    }
}
