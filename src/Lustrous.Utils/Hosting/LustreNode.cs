using Lustrous.Clients.Mgc;
using Lustrous.Ldlm.Client;
using Lustrous.LNet;
using Lustrous.Obdclass.Devices;
using Lustrous.Obdclass.Parameters;
using Lustrous.Ptlrpc;

namespace Lustrous.Utils.Hosting;

/// <summary>
/// What the servers and the mounts of one process share: LNet, requests, lock callbacks, devices, parameters and the
/// way to the MGS. Takes its world from the node's context, so a simulation runs the same code.
/// </summary>
public sealed partial class LustreNode : IAsyncDisposable
{
    readonly List<Mgc> _mgcs = [];
    readonly List<IDisposable> _listings = [];
    readonly LNetNode _lnet;

    /// <param name="lnet">With its interfaces; the caller disposes it afterwards.</param>
    /// <param name="options">Time limits; null for Lustre's.</param>
    public LustreNode(LNetNode lnet, PtlrpcOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(lnet);
        _lnet = lnet;
        Ptlrpc = new PtlrpcNode(lnet, options);
        Ldlm = new LdlmNode(Ptlrpc);
        RegisterKinds();
    }

    public LNetNode LNet => _lnet;

    public NodeContext Context => _lnet.Context;

    public PtlrpcNode Ptlrpc { get; }

    public LdlmNode Ldlm { get; }

    public ObdDeviceTable Devices { get; } = new();

    public ParameterTree Parameters { get; } = new();

    /// <summary>How long after a change a configuration log is read again (at most twice as long). Lustre waits five to
    /// ten seconds for the sake of tens of thousands of clients; ours are fewer, and a person waits for them.</summary>
    public TimeSpan RequeueDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>News of the connection to an MGS, by the name of its client; set before the first connect.</summary>
    internal Action<string, Lustrous.Ptlrpc.Client.ImportEvent>? MgsChanged { get; set; }

    /// <summary>Serves lock callbacks; before anything connects.</summary>
    public Errno Start() => Ldlm.Start();

    /// <summary>The client of an MGS, connected; one for all who ask for the same.</summary>
    public async ValueTask<Result<Mgc>> ConnectMgsAsync(IReadOnlyList<LNetProcessId> mgs, CancellationToken cancel)
    {
        Mgc mgc = MgcOf(mgs);
        Errno status = await mgc.ConnectAsync(cancel);
        return status == Errno.OK ? mgc : status;
    }

    /// <summary>The client of an MGS, which may be without a connection.</summary>
    internal Mgc MgcOf(IReadOnlyList<LNetProcessId> mgs)
    {
        Lassert.That(mgs.Count > 0);
        string name = $"MGC{mgs[0].Nid}";
        Mgc? mgc = _mgcs.Find(known => known.Options.DeviceName == name);
        if (mgc is null)
        {
            mgc = new Mgc(Ldlm, new MgcOptions
            {
                DeviceName = name,
                ClientUuid = NewUuid(),
                Peers = mgs,
                RequeueDelay = RequeueDelay,
                ImportChanged = what => MgsChanged?.Invoke(name, what),
            });
            _mgcs.Add(mgc);
            Parameters.Remove(["mgc", name, "ir_state"]);
            Parameters.Add(["mgc", name, "ir_state"], Parameter.ReadOnly(mgc.RecoverState));
            _listings.Add(ListDevice("mgc", name, mgc.Options.ClientUuid));
        }
        return mgc;
    }

    /// <summary>A name for a client, drawn from the node's chance.</summary>
    public string NewUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)Context.Random.Next(256);
        return new Guid(bytes).ToString();
    }

    /// <summary>Leaves the MGS: nobody follows a log any more. Before a server of this node stops, which may be that
    /// MGS.</summary>
    public async ValueTask LeaveMgsAsync()
    {
        foreach (Mgc mgc in _mgcs)
            await mgc.DisposeAsync();
        _mgcs.Clear();
    }

    /// <summary>Mounts and servers have been stopped before.</summary>
    public async ValueTask DisposeAsync()
    {
        await LeaveMgsAsync();
        foreach (IDisposable listing in _listings)
            listing.Dispose();
        _listings.Clear();
        await Ldlm.DisposeAsync();
        Ptlrpc.Dispose();
    }
}
