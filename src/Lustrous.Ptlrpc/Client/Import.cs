using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Client;

/// <summary>
/// A client's connection to one target (<c>struct obd_import</c>): connects, over several addresses in turn; takes
/// requests; finds out when the target is gone and recovers what was under way.
/// </summary>
/// <remarks>
/// <see cref="ImportMachine"/> decides, under the lock; what it returns is done here, outside. Source:
/// lustre/ptlrpc/import.c, recover.c and pinger.c.
/// </remarks>
public sealed partial class Import : IDeadlineOwner, IAsyncDisposable
{
    readonly RankedLock _lock = new(54, "imp_lock");
    readonly ImportMachine _machine;                                // guarded by _lock
    readonly ImportTimeouts _timeouts;                              // guarded by _lock
    readonly ReplayList<PtlrpcRequest> _replay = new();             // guarded by _lock
    readonly LinkedList<PtlrpcRequest> _sending = new();            // guarded by _lock
    readonly LinkedList<PtlrpcRequest> _delayed = new();            // guarded by _lock
    readonly LinkedList<PtlrpcRequest> _slotWaiters = new();        // guarded by _lock
    readonly LinkedList<PtlrpcRequest> _unreplied = new();          // guarded by _lock, by rising xid
    readonly ModRpcSlots _modSlots = new();                         // guarded by _lock
    readonly List<Waiter> _waiters = [];                            // guarded by _lock
    readonly Deadline _pingDeadline;
    LNetProcessId _reversePeer;                                     // guarded by _lock; of a reverse import
    int _rpcsInFlight;                                              // guarded by _lock
    bool _isListed;                                                 // guarded by _lock: the node knows it
    int _requestCount;

    public Import(PtlrpcNode node, ImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        Node = node;
        Options = options;
        _timeouts = new ImportTimeouts(node.Options);
        _machine = new ImportMachine(node.Options, _timeouts, [.. options.Peers])
        {
            AskedFlags = options.ConnectData.ConnectFlags,
            AskedFlags2 = options.ConnectData.ConnectFlags2,
            SupportedChecksums = (uint)options.ConnectData.ChecksumTypes,
        };
        _pingDeadline = new Deadline(this);
        MaxRpcsInFlight = options.MaxRpcsInFlight > 0 ? options.MaxRpcsInFlight : node.Options.MaxRpcsInFlight;
        _modSlots.Limit = 1;
    }

    public PtlrpcNode Node { get; }

    public ImportOptions Options { get; }

    /// <summary>Most requests under way (<c>max_rpcs_in_flight</c>); more wait here.</summary>
    public int MaxRpcsInFlight { get; set; }

    /// <summary>A server's way to a client: no connecting and no recovery of its own.</summary>
    public bool IsReverse { get; private init; }

    public ImportState State
    {
        get
        {
            using (_lock.Enter())
                return _machine.State;
        }
    }

    /// <summary>What the server granted, whole; the asked data before the first connect.</summary>
    public ObdConnectData ConnectData
    {
        get
        {
            using (_lock.Enter())
                return _connectData;
        }
    }

    /// <summary>Why the latest attempt to connect failed; OK when it did not, or none has ended.</summary>
    public Errno ConnectError
    {
        get
        {
            using (_lock.Enter())
                return _machine.ConnectError;
        }
    }

    /// <summary>Highest xid with a reply; an older ping's failure says nothing.</summary>
    internal ulong HighestRepliedXid
    {
        get
        {
            using (_lock.Enter())
                return _highestReplied;
        }
    }

    /// <summary>Whether the connection has the feature: the only thing that decides what the peer may be
    /// sent.</summary>
    public bool Supports(ConnectFlags flags)
    {
        using (_lock.Enter())
            return _machine.Supports(flags);
    }

    public bool Supports(ConnectFlags2 flags)
    {
        using (_lock.Enter())
            return _machine.Supports(flags);
    }

    /// <summary>
    /// An import from a server to a connected client, FULL from the start, for lock callbacks: what fails there fails,
    /// and evicting the client is the server's business (<c>exp_imp_reverse</c>).
    /// </summary>
    /// <param name="node">The server's node.</param>
    /// <param name="options">Who; its one peer is the client, its portals those of callbacks.</param>
    /// <param name="clientHandle">What the client sent as its handle when it connected.</param>
    /// <param name="granted">What the client's connection can do.</param>
    public static Import CreateReverse(
        PtlrpcNode node, ImportOptions options, ulong clientHandle, in ConnectReply granted)
    {
        var import = new Import(node, options) { IsReverse = true };
        using (import._lock.Enter())
        {
            import._machine.BecomeReverse(clientHandle, granted, node.Seconds);
            import._reversePeer = options.Peers[0];
            import._modSlots.Limit = ModRpcSlots.MaxTags;
        }
        return import;
    }

    /// <summary>The client of a reverse import has connected again, perhaps from another address.</summary>
    public void Readdress(LNetProcessId peer, ulong clientHandle, in ConnectReply granted)
    {
        Lassert.That(IsReverse);
        using (_lock.Enter())
        {
            _reversePeer = peer;
            _machine.BecomeReverse(clientHandle, granted, Node.Seconds);
        }
        KickAll(_sending, RequestEvents.Resend);
    }

    /// <summary>A request of the pool; an idle import starts to connect for it.</summary>
    /// <param name="format">Its fields.</param>
    /// <param name="opcode">Where the format serves several; else its own.</param>
    public PtlrpcRequest NewRequest(RequestFormat format, uint opcode = 0)
    {
        ArgumentNullException.ThrowIfNull(format);
        PtlrpcRequest request = Node.TakeRequest();
        request.Begin(
            this, format, opcode != 0 ? opcode : format.Opcode, Options.RequestPortal, Options.ReplyPortal);
        Interlocked.Increment(ref _requestCount);
        ImportActions actions;
        using (_lock.Enter())
        {
            actions = _machine.WakeFromIdle(Node.Seconds, _replay.PeerCommitted);
            request.Generation = _machine.Generation;
        }
        if (actions != ImportActions.None)
            Perform(actions);
        return request;
    }

    /// <summary>One more address that the target may be found at, tried after those there are.</summary>
    public void AddConnection(LNetProcessId peer)
    {
        using (_lock.Enter())
            _machine.AddConnection(peer);
    }

    /// <summary>Starts to connect, and keeps at it; <see cref="WaitConnectedAsync"/> waits.</summary>
    public Errno Connect()
    {
        ImportActions actions;
        Errno status;
        bool isFirst;
        using (_lock.Enter())
        {
            isFirst = !_isListed && !_disposed;
            _isListed = true;
            status = _machine.Connect(Node.Seconds, _replay.PeerCommitted, out actions);
        }
        if (isFirst)
            Node.Add(this);
        Perform(actions);
        return status;
    }

    /// <summary>Connects and waits for it: <see cref="Connect"/>, then <see cref="WaitConnectedAsync"/>.</summary>
    public ValueTask<Errno> ConnectAsync(CancellationToken cancel)
    {
        Errno status = Connect();
        return status is Errno.OK or Errno.EALREADY ? WaitConnectedAsync(firstTryOnly: false, cancel) : new(status);
    }

    /// <summary>
    /// Waits until it is FULL. Otherwise the reason: EPROTO, EACCES and the like when the server has refused for good,
    /// ENOTCONN when it is closed, EINTR when cancelled.
    /// </summary>
    /// <param name="firstTryOnly">Also ends when an attempt fails that would be repeated.</param>
    /// <param name="cancel">Ends the wait, not the connecting.</param>
    public async ValueTask<Errno> WaitConnectedAsync(bool firstTryOnly, CancellationToken cancel)
    {
        var waiter = new Waiter(new TaskCompletionSource<Errno>(), firstTryOnly);
        using (_lock.Enter())
        {
            if (Settled(waiter, out Errno status))
                return status;
            _waiters.Add(waiter);
        }
        using (cancel.UnsafeRegister(static state => ((Waiter)state!).Source.TrySetResult(Errno.EINTR), waiter))
        {
            Errno result = await waiter.Source.Task;
            using (_lock.Enter())
                _waiters.Remove(waiter);
            return result;
        }
    }

    /// <summary>Disconnects for good; what is under way ends with EIO. Waits at most for the disconnect's
    /// answer.</summary>
    public async ValueTask DisposeAsync()
    {
        ImportActions actions;
        using (_lock.Enter())
        {
            if (_disposed)
                return;
            _disposed = true;
            actions = _machine.BeginClose(Node.Seconds);
        }
        Node.Deadlines.Remove(_pingDeadline);
        Node.Remove(this);
        bool asks = (actions & ImportActions.SendDisconnect) != 0;
        Perform(actions & ~ImportActions.SendDisconnect);
        if (asks)
        {
            await SendDisconnectAsync();
            using (_lock.Enter())
                actions = _machine.EndClose(Node.Seconds);
            Perform(actions);
        }
        ReleaseReplay();
        using (_lock.Enter())
        {
            if (_sending.Count + _delayed.Count + _slotWaiters.Count == 0)
                return;
            _drained = new TaskCompletionSource();
        }
        await _drained.Task;
    }

    internal bool IsCurrent(int generation)
    {
        using (_lock.Enter())
            return generation == _machine.Generation;
    }

    internal void RequestFreed() => Interlocked.Decrement(ref _requestCount);

    bool Settled(Waiter waiter, out Errno status)
    {
        ImportState state = _machine.State;
        status = Errno.OK;
        if (state == ImportState.Full)
            return true;
        bool failed = _machine.ConnectTried && _machine.ConnectError != Errno.OK;
        if (state == ImportState.Closed || _machine.IsDeactive)
            status = failed ? _machine.ConnectError : Errno.ENOTCONN;
        else if (waiter.FirstTryOnly && failed && state == ImportState.Disconnected)
            status = _machine.ConnectError;
        return status != Errno.OK;
    }

    void WakeWaiters()
    {
        List<(Waiter Waiter, Errno Status)>? settled = null;
        using (_lock.Enter())
        {
            foreach (Waiter waiter in _waiters)
            {
                if (Settled(waiter, out Errno status))
                    (settled ??= []).Add((waiter, status));
            }
        }
        foreach ((Waiter waiter, Errno status) in settled ?? [])
            waiter.Source.TrySetResult(status);
    }

    sealed record Waiter(TaskCompletionSource<Errno> Source, bool FirstTryOnly);
}
