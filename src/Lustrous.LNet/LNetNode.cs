using Lustrous.Idl.LNet;
using Lustrous.LNet.Lnd;
using Lustrous.LNet.Lnd.Lolnd;
using Lustrous.LNet.Matching;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet;

/// <summary>Whether an attached descriptor outlives its use (<c>enum lnet_unlink</c>).</summary>
public enum MdUnlink
{
    Retain,
    Unlink,
}

/// <summary>Where a new match entry goes among those of its portal (<c>enum lnet_ins_pos</c>).</summary>
public enum MatchPosition
{
    Before,
    After,
}

/// <summary>The LNet of one node: interfaces, portals with their match entries, peers (<c>the_lnet</c>).</summary>
public sealed partial class LNetNode : ILndUpcalls, ILNetCompletions, IAsyncDisposable
{
    /// <summary><c>MAX_PORTALS</c></summary>
    public const int PortalCount = 64;

    /// <summary><c>LNET_MTU</c>: most payload bytes of one message.</summary>
    public const int MaxPayload = 1 << 20;

    const string LogSource = "lnet";

    readonly Portal[] _portals = new Portal[PortalCount];
    readonly HandleStripe[] _stripes = new HandleStripe[HandleStripe.Count];
    readonly PeerTable _peers;
    readonly LNetInterface _loopback;
    readonly RankedLock _interfacesLock = new(24, "lnet_interfaces");
    LNetInterface[] _interfaces = [];       // replaced, never changed; guarded by _interfacesLock for writing
    int _nextStripe;
    int _stopping;

    public LNetNode(NodeContext context, LNetOptions? options = null)
    {
        Context = context;
        Options = options ?? new LNetOptions();
        _responseTimeout = (long)(Options.TransactionTimeout.TotalSeconds * context.Clock.TimestampFrequency);
        _peers = new PeerTable(Options.MaxPeers, IsLocal);
        ulong interfaceCookie = context.Random.NextUInt64();
        for (int i = 0; i < PortalCount; i++)
            _portals[i] = new Portal(i, _peers);
        for (int i = 0; i < HandleStripe.Count; i++)
            _stripes[i] = new HandleStripe(i, interfaceCookie, context.Random);
        _loopback = new LNetInterface(Nid.Loopback, new Lolnd(), this);
        _logLimit = new LogLimiter(context, LogSource);
        _monitor = context.Clock.CreateTimer(
            static node => ((LNetNode)node!).RunMonitor(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        UpdatePingTarget();
        if ((Options.Features & PushFeatures) == PushFeatures)
            AttachPushTargets();
    }

    public NodeContext Context { get; }

    public LNetOptions Options { get; }

    /// <summary>Our interfaces in the order they were added; 0@lo, which every node has, is not among them.</summary>
    public IReadOnlyList<LNetInterface> Interfaces => InterfaceArray;

    /// <summary>The peers we know, in order of appearance.</summary>
    public IReadOnlyList<LNetPeer> Peers => _peers.Snapshot();

    /// <summary>What went through all interfaces, 0@lo included.</summary>
    public LNetCounters Counters
    {
        get
        {
            LNetCounters sum = _loopback.Counters;
            foreach (LNetInterface ni in InterfaceArray)
                sum += ni.Counters;
            return sum;
        }
    }

    LNetInterface[] InterfaceArray => Volatile.Read(ref _interfaces);

    bool Stopping => Volatile.Read(ref _stopping) != 0;

    /// <summary>Starts an interface on a driver. A node may have several, also on one driver.</summary>
    /// <returns>EEXIST, EINVAL (not an address to start) or what the driver says.</returns>
    public async ValueTask<Errno> AddInterfaceAsync(Nid nid, ILnd lnd, CancellationToken cancel)
    {
        if (nid.IsAny || nid.IsLoopback || nid.Type != lnd.Type)
            return Errno.EINVAL;
        if (Stopping)
            return Errno.ESHUTDOWN;
        if (IsLocal(nid))
            return Errno.EEXIST;
        var ni = new LNetInterface(nid, lnd, this);
        Errno status = await lnd.StartupAsync(ni, cancel);
        if (status != Errno.OK)
            return status;
        using (_interfacesLock.Enter())
            Volatile.Write(ref _interfaces, [.. _interfaces, ni]);
        UpdatePingTarget();
        return Errno.OK;
    }

    /// <summary>Whether it is one of ours, 0@lo included.</summary>
    public bool IsLocal(Nid nid)
    {
        if (nid.IsLoopback)
            return true;
        foreach (LNetInterface ni in InterfaceArray)
        {
            if (ni.Nid == nid)
                return true;
        }
        return false;
    }

    /// <summary>
    /// The NID that stands for the peer <paramref name="nid"/> belongs to (LNetPrimaryNID); itself when nothing is
    /// known. This is what <see cref="LNetEvent.Initiator"/> carries.
    /// </summary>
    public Nid PrimaryNid(Nid nid) => _peers.Primary(nid);

    /// <summary>
    /// Stops: disposes the drivers (the node owns them), then unlinks every descriptor; those still linked get a last
    /// event with ECANCELED.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopping, 1) != 0)
            return;
        await _monitor.DisposeAsync();
        foreach (ILnd lnd in InterfaceArray.Select(ni => ni.Lnd).Distinct())
            await lnd.DisposeAsync();
        foreach (Portal portal in _portals)
        {
            ClearLazyPortal(portal.Index);
            UnlinkAll(portal, portal.Any);
        }
        foreach (HandleStripe stripe in _stripes)
            UnlinkAll(stripe, stripe.Any);
    }

    void UnlinkAll(MdOwner owner, Func<MemoryDescriptor?> any)
    {
        while (true)
        {
            MemoryDescriptor? md;
            using (owner.Lock.Enter())
                md = any();
            if (md is null)
                return;
            Unlink(md, Errno.ECANCELED);
        }
    }
}
