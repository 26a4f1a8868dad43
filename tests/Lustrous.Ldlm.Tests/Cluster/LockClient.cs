using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Simulation;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>A client node with one import and its locks.</summary>
sealed class LockClient(LockCluster cluster, SimNode node, string uuid) : IAsyncDisposable
{
    PtlrpcNode _ptlrpc = null!;

    public SimNode Node => node;

    public string Uuid => uuid;

    public LdlmNode Ldlm { get; private set; } = null!;

    public Import Import { get; private set; } = null!;

    public ClientNamespace Namespace { get; private set; } = null!;

    public RecordingOwner Owner { get; } = new();

    public async Task StartAsync(ClientNamespaceOptions? options = null)
    {
        await node.RunAsync(async () =>
        {
            _ptlrpc = new PtlrpcNode(node.LNet);
            Ldlm = new LdlmNode(_ptlrpc);
            Assert.Equal(Errno.OK, Ldlm.Start());
            Import = new Import(_ptlrpc, new ImportOptions
            {
                DeviceName = "test-osc",
                TargetUuid = LockCluster.TargetUuid,
                ClientUuid = uuid,
                Peers = [cluster.Server.Id],
                ConnectOpcode = (uint)OstOpcode.Connect,
                RequestPortal = Portals.OST_REQUEST_PORTAL,
                ReplyPortal = Portals.OSC_REPLY_PORTAL,
                LocalHandle = node.Context.Random.NextUInt64() | 1,
                ConnectData = LockCluster.Supported,
            });
            Namespace = new ClientNamespace(
                Ldlm, Import, options ?? new ClientNamespaceOptions { Name = "test-OST0000-osc" });
            Assert.Equal(Errno.OK, await Import.ConnectAsync(default));
        });
    }

    /// <summary>Asks for a lock and waits for it.</summary>
    public Task<EnqueueResult> LockAsync(
        ulong resource, LockType type, LockMode mode, LdlmPolicyData policy, LockFlags flags = 0,
        CancellationToken cancel = default) => node.Host.RunAsync(async () => await Namespace.EnqueueAsync(
            new LockRequest
            {
                Resource = new LdlmResId(resource, 0),
                Type = type,
                Mode = mode,
                Policy = policy,
                Flags = flags,
                Callbacks = Owner,
            }, cancel));

    /// <summary>The same, which must succeed.</summary>
    public async Task<ClientLock> TakeAsync(
        ulong resource, LockType type, LockMode mode, LdlmPolicyData policy = default)
    {
        EnqueueResult result = await LockAsync(resource, type, mode, policy);
        Assert.Equal(Errno.OK, result.Status);
        return Assert.IsType<ClientLock>(result.Lock);
    }

    public void Release(ClientLock held) => node.Host.Call(() => held.Release(held.GrantedMode));

    public ClientLock? Match(ulong resource, LockType type, LockMode modes, LdlmPolicyData policy = default)
    {
        ClientLock? found = null;
        node.Host.Call(() => found = Namespace.Match(new LdlmResId(resource, 0), type, modes, policy));
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        if (!node.IsUp)
            return;
        await node.RunAsync(async () =>
        {
            await Namespace.DisposeAsync();
            await Import.DisposeAsync();
            await Ldlm.DisposeAsync();
        });
        await cluster.Sim.SettledAsync();
        node.Host.Call(_ptlrpc.Dispose);
    }
}

/// <summary>Writes down what it is told, and can be slow about it.</summary>
sealed class RecordingOwner : ILockCallbacks
{
    public List<(ClientLock Lock, InodeBits Bits, LockLoss Loss)> Lost { get; } = [];

    public List<ClientLock> Hints { get; } = [];

    public Dictionary<ulong, ulong> KnownSizes { get; } = [];

    public ulong LastSize { get; private set; }

    /// <summary>Held up here before a lock is lost.</summary>
    public Func<ClientLock, ValueTask>? Flush { get; set; }

    public bool Drops { get; set; } = true;

    public void Granted(ClientLock granted, ReadOnlySpan<byte> lvb)
    {
        if (!lvb.IsEmpty)
            LastSize = System.Runtime.InteropServices.MemoryMarshal.Read<OstLvb>(lvb).Size;
    }

    public async ValueTask LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss)
    {
        if (Flush is { } flush)
            await flush(losing);
        Lost.Add((losing, bits, loss));
    }

    public void Blocked(ClientLock blocked) => Hints.Add(blocked);

    public int Glimpse(ClientLock held, Span<byte> lvb)
    {
        if (!KnownSizes.TryGetValue(held.Resource.Name[0], out ulong size))
            return 0;
        System.Runtime.InteropServices.MemoryMarshal.Write(lvb, new OstLvb { Size = size });
        return System.Runtime.CompilerServices.Unsafe.SizeOf<OstLvb>();
    }

    public bool MayDrop(ClientLock unused) => Drops;
}
