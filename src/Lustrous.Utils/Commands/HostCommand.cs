using System.CommandLine;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Commands;

/// <summary>What commands that run servers or mounts have in common.</summary>
static class HostCommand
{
    /// <summary>An error that is the person's to mend.</summary>
    public const int Failed = 1;

    public static Option<bool> Verbose() => new("--verbose", "-v") { Description = "Log what happens" };

    public static Option<int> Port() => new("--port")
    {
        Description = "TCP port of the network (accept_port)",
        DefaultValueFactory = static _ => 988,
    };

    public static LogLevel LevelOf(bool verbose) => verbose ? LogLevel.Info : LogLevel.Warning;

    /// <summary>Runs a command until Ctrl-C or SIGTERM; what a person can mend is one line and exit code 1.</summary>
    public static async Task<int> RunAsync(string name, Func<CancellationToken, Task<int>> body)
    {
        using var stop = new CancellationTokenSource();
        int signals = 0;
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            // Who asks twice means it.
            if (Interlocked.Increment(ref signals) > 2)
                Environment.Exit(130);
            stop.Cancel();
        }
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        try
        {
            return await body(stop.Token);
        }
        catch (HostException e)
        {
            await Console.Error.WriteLineAsync($"{name}: {e.Message}");
            return Failed;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"{name}: interrupted");
            return 130;
        }
    }

    /// <summary>Ends when the process is asked to stop.</summary>
    public static Task StoppedAsync(CancellationToken stop)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stop.Register(source.SetResult);
        return source.Task;
    }

    public static Nid ParseNid(string text)
    {
        Result<Nid> nid = Nid.Parse(text);
        return nid.Failed
            ? throw new HostException(Errno.EINVAL, $"'{text}' is no NID. A NID looks like 10.0.0.1@tcp")
            : nid.Value;
    }

    /// <summary>The NID of a server that was told none: its first address, else 127.0.0.1.</summary>
    public static Nid DefaultServerNid()
    {
        foreach (NetworkInterface card in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (card.OperationalStatus != OperationalStatus.Up
                || card.NetworkInterfaceType == NetworkInterfaceType.Loopback)
                continue;
            foreach (UnicastIPAddressInformation address in card.GetIPProperties().UnicastAddresses)
            {
                if (address.Address.AddressFamily == AddressFamily.InterNetwork)
                    return Nid.FromIPAddress((uint)LNetType.Tcp << 16, address.Address);
            }
        }
        return Nid.FromIPAddress((uint)LNetType.Tcp << 16, IPAddress.Loopback);
    }

    /// <summary>
    /// The NID of a mount that was told none: the address that leads to the MGS. Where that is the MGS's own, or a
    /// loopback one, other mounts and servers of this machine have it too: then one that is made of the process's
    /// number.
    /// </summary>
    /// <param name="mgs">Where the MGS is.</param>
    /// <param name="addressOf">Set where the NID's address is not where the node is.</param>
    public static Nid DefaultClientNid(Nid mgs, out Func<Nid, IPAddress>? addressOf)
    {
        addressOf = null;
        IPAddress server = mgs.ToIPAddress();
        IPAddress local = AddressTowards(server);
        int process = Environment.ProcessId;
        var own = new IPAddress([127, (byte)(64 + (process >> 16 & 0x3F)), (byte)(process >> 8), (byte)process]);
        if (!IPAddress.IsLoopback(local) && !local.Equals(server))
            return Nid.FromIPAddress(mgs.Net, local);
        Nid nid = Nid.FromIPAddress(mgs.Net, own);
        if (!IPAddress.IsLoopback(local))
            addressOf = asked => asked == nid ? local : asked.ToIPAddress();
        return nid;
    }

    static IPAddress AddressTowards(IPAddress server)
    {
        try
        {
            using var probe = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Connect(server, 9);       // sends nothing: only chooses a route
            return ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException e)
        {
            throw new HostException(Errno.ENETUNREACH, $"there is no way to {server}: {e.Message}");
        }
    }
}
