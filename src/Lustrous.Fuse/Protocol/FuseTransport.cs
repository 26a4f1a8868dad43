using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Fuse.Protocol.Native;

namespace Lustrous.Fuse.Protocol;

/// <summary>What the transports of a session have in common: where requests go, and signals that hit their
/// callers.</summary>
sealed class FuseTransport(FuseSession session, int masterFd, int maxIoBytes)
{
    const int RememberedInterrupts = 64;
    const long RememberMilliseconds = 1000;

    /// <summary>How often a caller that was hit by a signal is looked at: the kernel tells of no second one.</summary>
    const int WatchMilliseconds = 300;

    readonly Lock _lock = new();
    readonly List<FuseRequest> _requests = [];                       // guarded by _lock
    readonly Queue<(ulong Unique, long Time)> _early = [];           // guarded by _lock
    readonly List<(FuseRequest Request, ulong Unique)> _watched = [];   // guarded by _lock
    volatile int _earlyCount;
    readonly long[] _counts = new long[64];                          // Interlocked: by opcode, the last for others

    /// <summary>Requests so far.</summary>
    public long Dispatched
    {
        get
        {
            long all = 0;
            for (int i = 0; i < _counts.Length; i++)
                all += Interlocked.Read(ref _counts[i]);
            return all;
        }
    }

    /// <summary>Requests of a kind so far.</summary>
    public long DispatchedOf(FuseOpcode opcode) => Interlocked.Read(ref _counts[Slot(opcode)]);

    public FuseSession Session => session;

    /// <summary>The descriptor that was mounted.</summary>
    public int MasterFd => masterFd;

    public int MaxIoBytes => maxIoBytes;

    /// <summary>Abilities agreed on.</summary>
    public FuseInitFlags Flags { get; init; }

    public volatile bool Stopping;

    volatile bool _isGone;

    /// <summary>The kernel has ended the connection: who waited for an answer has been told.</summary>
    public bool IsGone => _isGone;

    /// <summary>A request object that may be hit by an interrupt.</summary>
    public void Register(FuseRequest request)
    {
        lock (_lock)
            _requests.Add(request);
    }

    /// <summary>Calls the file system for a request that has just begun.</summary>
    public void Dispatch(FuseRequest request)
    {
        Interlocked.Increment(ref _counts[Slot(request.Header.Opcode)]);
        if (_earlyCount > 0)
            TakeEarly(request);
        if (_isGone)
            request.TryInterrupt(request.ActiveUnique);
        FuseDispatcher.Dispatch(session.FileSystem, request, Flags);
    }

    /// <summary>The caller of a request was hit by a signal. The request may be on its way to another thread still, so
    /// an interrupt that finds nothing is remembered for a moment.</summary>
    /// <remarks>Only waits for locks end with any signal. The others end with those that end the program: nothing is
    /// prepared for EINTR from fsync(2), read(2) or stat(2) on a disk (so Lustre's l_wait_event).</remarks>
    public void Interrupt(ulong unique)
    {
        if (unique == 0 || TryInterrupt(unique))
            return;
        lock (_lock)
        {
            if (_early.Count == RememberedInterrupts)
                _early.Dequeue();
            _early.Enqueue((unique, Environment.TickCount64));
            _earlyCount = _early.Count;
        }
        // It may have begun between the search and the note.
        TryInterrupt(unique);
    }

    /// <summary>Nobody waits for answers any more: whatever waits for something else gives up.</summary>
    public void CancelAll()
    {
        _isGone = true;
        FuseRequest[] requests;
        lock (_lock)
            requests = [.. _requests];
        foreach (FuseRequest request in requests)
            request.TryInterrupt(request.ActiveUnique);
    }

    int Slot(FuseOpcode opcode) => (int)Math.Min((uint)opcode, (uint)_counts.Length - 1);

    bool TryInterrupt(ulong unique)
    {
        FuseRequest[] requests;
        lock (_lock)
            requests = [.. _requests];
        foreach (FuseRequest request in requests)
            if (request.ActiveUnique == unique)
                return Interrupt(request, unique);
        return false;
    }

    /// <summary>False when the request has been answered meanwhile.</summary>
    bool Interrupt(FuseRequest request, ulong unique)
    {
        if (request.Header is { Opcode: not FuseOpcode.Setlkw, Pid: uint pid } && !CallerSignals.EndTheProgram(pid))
            return Watch(request, unique);
        return request.TryInterrupt(unique);
    }

    bool Watch(FuseRequest request, ulong unique)
    {
        lock (_lock)
        {
            if (request.ActiveUnique != unique)
                return false;
            _watched.Add((request, unique));
            if (_watched.Count > 1)
                return true;
        }
        _ = WatchAsync();
        return true;
    }

    /// <summary>Looks after callers that were hit by a signal and wait on, until none of them does.</summary>
    async Task WatchAsync()
    {
        while (true)
        {
            await Task.Delay(WatchMilliseconds).ConfigureAwait(false);
            (FuseRequest Request, ulong Unique)[] watched;
            lock (_lock)
            {
                _watched.RemoveAll(watched => watched.Request.ActiveUnique != watched.Unique);
                if (_watched.Count == 0)
                    return;
                watched = [.. _watched];
            }
            foreach ((FuseRequest request, ulong unique) in watched)
                if (CallerSignals.EndTheProgram(request.Header.Pid))
                    request.TryInterrupt(unique);
        }
    }

    void TakeEarly(FuseRequest request)
    {
        bool hit = false;
        lock (_lock)
        {
            while (_early.TryPeek(out var oldest) && Environment.TickCount64 - oldest.Time > RememberMilliseconds)
                _early.Dequeue();
            foreach ((ulong unique, long _) in _early)
                hit |= unique == request.Header.Unique;
            _earlyCount = _early.Count;
        }
        if (hit)
            Interrupt(request, request.Header.Unique);
    }

    /// <summary>Whether a failed read or wait means that the connection is gone.</summary>
    public static bool MeansGone(Errno error) =>
        error is Errno.ENODEV or Errno.ECONNABORTED or Errno.EBADF or Errno.ENOTCONN or Errno.EPERM;

    /// <summary>Another descriptor of the same connection, or -1.</summary>
    public unsafe int Clone()
    {
        int fd = Libc.open("/dev/fuse", Libc.O_RDWR | Libc.O_CLOEXEC);
        if (fd < 0)
            return -1;
        int master = masterFd;
        if (Libc.ioctl(fd, Libc.FUSE_DEV_IOC_CLONE, &master) == 0)
            return fd;
        Libc.close(fd);
        return -1;
    }
}
