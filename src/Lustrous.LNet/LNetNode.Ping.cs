using Lustrous.Idl.LNet;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet;

/// <summary>Pings, pushes and discovery: who is who (lnet/lnet/peer.c, the ping target of api-ni.c).</summary>
public sealed partial class LNetNode
{
    const PingFeatures PushFeatures = PingFeatures.MULTI_RAIL | PingFeatures.DISCOVERY;
    const int PushTargets = 8;
    const int MaxWaitingPerPeer = 256;      // messages that wait for one discovery
    const int MaxVerifications = 8;         // pings that one peer's list may cause

    PingTarget? _pingTarget;
    int _pingSequence;

    /// <summary>Asks a node who it is (<c>lctl ping</c>): its NIDs, features and how long the answer took.</summary>
    /// <returns>ETIMEDOUT, EHOSTUNREACH, ECANCELED …; EPROTO or ERANGE when what came is no answer.</returns>
    public async ValueTask<Result<LNetPingReply>> PingAsync(Nid nid, TimeSpan timeout, CancellationToken cancel)
    {
        Result<LNetPingReply> reply = await PingOnceAsync(nid, timeout, cancel);
        if (!reply.Failed && !IsLocal(nid) && _peers.GetOrAdd(nid) is { } peer)
            Learn(peer, reply.Value);
        return reply;
    }

    ValueTask<Result<LNetPingReply>> PingOnceAsync(Nid nid, TimeSpan timeout, CancellationToken cancel) =>
        new PingOperation(this).RunAsync(
            md => Get(
                md, Nid.Any, new LNetProcessId(nid, LNetProcessId.LustrePid), LNetLimits.RESERVED_PORTAL,
                PingInfo.MatchBits, 0, exact: true),
            timeout, cancel);

    /// <summary>Offers an up-to-date list of our addresses to whoever pings.</summary>
    void UpdatePingTarget()
    {
        var target = new PingTarget(this);
        Errno status = Attach(
            LNetLimits.RESERVED_PORTAL, LNetProcessId.Any, PingInfo.MatchBits, 0, MdUnlink.Retain, MatchPosition.Before,
            target.Descriptor);
        if (status != Errno.OK)
        {
            target.Dispose();
            return;
        }
        if (Interlocked.Exchange(ref _pingTarget, target) is not { } old)
            return;
        Unlink(old.Descriptor);
        PushToPeers();
    }

    /// <summary>Tells the peers that want to know of our new list (lnet_push_update_to_peers).</summary>
    void PushToPeers()
    {
        foreach (LNetPeer peer in _peers.Snapshot())
        {
            if ((peer.Features & Options.Features & PushFeatures) == PushFeatures)
                Push(peer.PrimaryNid);
        }
    }

    PooledBuffer TakePingInfo(out int length)
    {
        LNetInterface[] interfaces = InterfaceArray;
        PooledBuffer buffer = Context.Buffers.Take(PingInfo.SizeFor(interfaces.Length));
        uint sequence = (uint)Interlocked.Increment(ref _pingSequence);
        length = PingInfo.Write(buffer.Span, Options.Features, Options.Pid, sequence, interfaces);
        return buffer;
    }

    void AttachPushTargets()
    {
        for (int i = 0; i < PushTargets; i++)
            new PushTarget(this).Post();
    }

    void OnPush(LNetProcessId source, ReadOnlySpan<byte> body)
    {
        Result<LNetPingReply> told = PingInfo.Read(body, TimeSpan.Zero);
        if (told.Failed || (told.Value.Features & PingFeatures.MULTI_RAIL) == 0)
        {
            if (_logLimit.MayWrite(LogLevel.Warning))
                Context.Log.Warning(LogSource, $"{source} pushed something that is no list of its addresses: ignored");
            return;
        }
        if (!IsLocal(source.Nid) && _peers.GetOrAdd(source.Nid) is { } peer)
            Learn(peer, told.Value);
    }

    /// <summary>Records a peer's addresses when both sides want that.</summary>
    void Learn(LNetPeerInterface speaker, LNetPingReply told)
    {
        bool wanted = Options.DiscoverPeers || (Options.Features & PushFeatures) == PushFeatures;
        if (!wanted || (told.Features & PushFeatures) != PushFeatures)
        {
            speaker.Peer.Features = told.Features;
            return;
        }
        List<Nid> refused = _peers.Merge(speaker, told);
        foreach (Nid nid in refused.Take(MaxVerifications))
            _ = VerifyAsync(speaker, nid);
    }

    /// <summary>An address that is known as another peer's joins this one only when it names this one itself.</summary>
    async Task VerifyAsync(LNetPeerInterface speaker, Nid claimed)
    {
        Result<LNetPingReply> reply = await PingOnceAsync(claimed, DiscoveryTimeout, CancellationToken.None);
        if (reply.Failed || _peers.Find(claimed) is not { } other)
            return;
        Nid primary = speaker.Peer.PrimaryNid;
        if (reply.Value.Entries.Any(entry => entry.Nid == primary))
        {
            // The first of its list is the name it wants to be known by.
            bool otherLeads = reply.Value.Entries[0].Nid == other.Peer.PrimaryNid;
            _peers.Join(otherLeads ? other.Peer : speaker.Peer, otherLeads ? speaker.Peer : other.Peer);
        }
        else if (_logLimit.MayWrite(LogLevel.Warning))
            Context.Log.Warning(LogSource, $"{speaker.Nid} claims {claimed}, which knows nothing of it: ignored");
    }

    // lnet_lnd_timeout: a third of a transaction, so that a retry still fits into it.
    TimeSpan DiscoveryTimeout => Options.TransactionTimeout / (Options.RetryCount + 1);

    /// <summary>Holds a message back while its peer is being discovered.</summary>
    bool WaitForDiscovery(LNetMessage message)
    {
        if (IsLocal(message.Target.Nid) || _peers.GetOrAdd(message.Target.Nid) is not { } to)
            return false;
        bool start, full;
        LNetPeer peer = to.Peer;
        using (_peers.Lock.Enter())
        {
            if (peer.Discovery == DiscoveryState.Done)
                return false;
            start = peer.Discovery == DiscoveryState.Unknown;
            peer.Discovery = DiscoveryState.Running;
            peer.WaitingForDiscovery ??= new Queue<LNetMessage>();
            full = peer.WaitingForDiscovery.Count >= MaxWaitingPerPeer;
            if (!full)
                peer.WaitingForDiscovery.Enqueue(message);
        }
        if (full)
            EndSend(message, Errno.ENOBUFS);
        if (start)
            _ = DiscoverAsync(peer, to.Nid);
        return true;
    }

    /// <summary>Pings a peer, tells it of us where it wants to know, and lets the waiting messages go.</summary>
    async Task DiscoverAsync(LNetPeer peer, Nid nid)
    {
        Result<LNetPingReply> reply = await PingAsync(nid, DiscoveryTimeout, CancellationToken.None);
        if (!reply.Failed && (reply.Value.Features & Options.Features & PushFeatures) == PushFeatures)
            Push(nid);
        Queue<LNetMessage> waiting;
        using (_peers.Lock.Enter())
        {
            peer.Discovery = reply.Failed ? DiscoveryState.Unknown : DiscoveryState.Done;
            waiting = peer.WaitingForDiscovery ?? new Queue<LNetMessage>();
            peer.WaitingForDiscovery = null;
        }
        while (waiting.TryDequeue(out LNetMessage? message))
        {
            if (reply.Failed)
                EndSend(message, reply.Error);
            else
                Launch(message);
        }
    }

    /// <summary>Tells a peer our addresses, as kernels do after a ping (lnet_peer_send_push).</summary>
    void Push(Nid nid)
    {
        var source = new PingTarget(this);
        source.Descriptor.Options = MdOptions.None;
        source.Descriptor.Threshold = 2;    // SEND and ACK
        Errno status = Put(
            source.Descriptor, 0, source.Descriptor.Length, ackWanted: true, KnownSelf(nid.Net),
            new LNetProcessId(nid, LNetProcessId.LustrePid), LNetLimits.RESERVED_PORTAL, PingInfo.MatchBits, 0, 0,
            exact: true);
        if (status != Errno.OK)
            source.Dispose();
    }

    /// <summary>
    /// Our oldest address on a net: a push from one that the peer has never heard of would look like a stranger's.
    /// </summary>
    Nid KnownSelf(uint net)
    {
        foreach (LNetInterface ni in InterfaceArray)
        {
            if (ni.Nid.Net == net)
                return ni.Nid;
        }
        return Nid.Any;
    }

    void StartRecoveryPing(Nid nid) => _ = PingOnceAsync(nid, DiscoveryTimeout, CancellationToken.None).AsTask();

    /// <summary>Our list of addresses, in memory that lives as long as its descriptor.</summary>
    sealed class PingTarget : ILNetEventHandler, IDisposable
    {
        readonly LNetNode _node;
        readonly PooledBuffer _buffer;

        public PingTarget(LNetNode node)
        {
            _node = node;
            _buffer = node.TakePingInfo(out int length);
            Descriptor.SetSingle(_buffer.Slice(0, length));
            Descriptor.Options = MdOptions.OpGet | MdOptions.Truncate | MdOptions.ManageRemote;
            Descriptor.Threshold = MemoryDescriptor.InfiniteThreshold;
            Descriptor.Handler = this;
        }

        public MemoryDescriptor Descriptor { get; } = new();

        public void OnEvent(in LNetEvent e)
        {
            if (e.Unlinked)
                Dispose();
            else if (e.Kind == LNetEventKind.Send && e.Status != Errno.OK)
                _node.Unlink(Descriptor);       // a push that did not leave gets no ACK either
        }

        public void Dispose() => _buffer.Dispose();
    }

    /// <summary>Takes pushes, one at a time, and is posted again after each.</summary>
    sealed class PushTarget : ILNetEventHandler
    {
        readonly LNetNode _node;
        readonly PooledBuffer _buffer;
        readonly MemoryDescriptor _md = new();

        public PushTarget(LNetNode node)
        {
            _node = node;
            _buffer = node.Context.Buffers.Take(PingInfo.BufferSize);
            _md.SetSingle(_buffer.Slice(0, PingInfo.BufferSize));
            _md.Options = MdOptions.OpPut | MdOptions.Truncate;
            _md.Handler = this;
        }

        public void Post()
        {
            _md.Threshold = 1;
            Errno status = _node.Attach(
                LNetLimits.RESERVED_PORTAL, LNetProcessId.Any, PingInfo.MatchBits, 0, MdUnlink.Unlink,
                MatchPosition.After, _md);
            if (status != Errno.OK)
                _buffer.Dispose();
        }

        public void OnEvent(in LNetEvent e)
        {
            // Of a list that was cut, nobody can say what is missing: it is left to the next ping.
            if (e.Kind == LNetEventKind.Put && e.Status == Errno.OK && e.MatchedLength == e.RequestedLength)
                _node.OnPush(e.Source, _buffer.Span.Slice(e.Offset, e.MatchedLength));
            if (e.Unlinked)
                Post();
        }
    }
}
