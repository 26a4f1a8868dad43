using System.Globalization;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Fuse.Protocol.Device;
using Lustrous.Fuse.Protocol.Mounting;
using Lustrous.Fuse.Protocol.Native;
using Lustrous.Fuse.Protocol.Uring;

namespace Lustrous.Fuse.Protocol;

/// <summary>A mounted FUSE file system and the threads that serve it.</summary>
public sealed partial class FuseSession : IAsyncDisposable
{
    readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly IFuseMounter? _mounter;
    readonly int _fd;
    readonly List<int> _clones = [];
    readonly List<UringQueue> _rings = [];      // its own lock
    FuseTransport _transport = null!;
    string? _device;                   // major and minor number of the mount
    int _threads;                      // Interlocked: those that still run
    int _reports;

    FuseSession(FuseMountOptions options, FuseFileSystem fileSystem, int fd, IFuseMounter? mounter)
    {
        Options = options;
        FileSystem = fileSystem;
        _fd = fd;
        _mounter = mounter;
        _notifier = new FuseNotifier(fd);
    }

    public FuseMountOptions Options { get; }

    public FuseFileSystem FileSystem { get; }

    /// <summary>How requests come.</summary>
    public FuseTransportKind Transport { get; private set; }

    /// <summary>What was agreed on with the kernel.</summary>
    public FuseInitFlags Flags { get; private set; }

    /// <summary>Minor version of the ABI that both sides speak.</summary>
    public int Minor { get; private set; }

    /// <summary>Largest read and write, bytes.</summary>
    public int MaxIoBytes { get; private set; }

    /// <summary>Requests of the kernel so far.</summary>
    public long Requests => _transport.Dispatched;

    /// <summary>Those of one kind.</summary>
    public long RequestsOf(FuseOpcode opcode) => _transport.DispatchedOf(opcode);

    /// <summary>Ends when the file system is unmounted, by whomever, and no thread serves it any more.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Mounts and serves. Throws <see cref="FuseException"/> with one line for a person.</summary>
    public static async ValueTask<FuseSession> MountAsync(FuseMountOptions options, FuseFileSystem fileSystem)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(fileSystem);
        // Mounting waits for other processes, and for the kernel's first request.
        return await Task.Run(() => Mount(
            options, fileSystem, Libc.geteuid() == 0 ? new RootMounter() : new FusermountMounter()))
            .ConfigureAwait(false);
    }

    /// <summary>The same, blocking, and through a given program.</summary>
    internal static FuseSession Mount(FuseMountOptions options, FuseFileSystem fileSystem, IFuseMounter mounter)
    {
        EnableUring(options);
        int fd = mounter.Mount(options);
        var session = new FuseSession(options, fileSystem, fd, mounter);
        try
        {
            session.Start();
        }
        catch
        {
            mounter.Unmount(options.MountPoint, lazy: true);
            Libc.close(fd);
            throw;
        }
        session._device = MountTable.DeviceOf(options.MountPoint);
        session.RaiseReadahead();
        return session;
    }

    /// <summary>Serves a descriptor that speaks the protocol: a mount made elsewhere, or a test's socket.</summary>
    internal static FuseSession Serve(int fd, FuseMountOptions options, FuseFileSystem fileSystem)
    {
        var session = new FuseSession(options, fileSystem, fd, null);
        session.Start();
        return session;
    }

    /// <summary>Unmounts. EBUSY while it is in use, unless <paramref name="lazy"/>: then it goes out of sight at once
    /// and ends with its last user.</summary>
    public async ValueTask<Errno> UnmountAsync(bool lazy = false)
    {
        if (_completion.Task.IsCompleted || _mounter is not { } mounter)
            return Errno.OK;
        // umount(2) waits for requests that it makes us serve.
        return await Task.Run(() => mounter.Unmount(Options.MountPoint, lazy)).ConfigureAwait(false);
    }

    /// <summary>Ends the session whatever is under way: programs that wait get ECONNABORTED. The mount point is free
    /// afterwards.</summary>
    public async ValueTask AbortAsync()
    {
        if (_completion.Task.IsCompleted)
            return;
        await Task.Run(() => FuseConnectionControl.Abort(_device)).ConfigureAwait(false);
        _transport.CancelAll();
        await UnmountAsync(lazy: true).ConfigureAwait(false);
    }

    /// <summary>Unmounts in order when nobody uses it, else out of sight; ends the connection when that takes longer
    /// than a moment.</summary>
    public async ValueTask DisposeAsync()
    {
        if (await UnmountAsync().ConfigureAwait(false) != Errno.OK)
            await UnmountAsync(lazy: true).ConfigureAwait(false);
        if (await Task.WhenAny(Completion, Task.Delay(2000)).ConfigureAwait(false) != Completion)
            await AbortAsync().ConfigureAwait(false);
        await Task.WhenAny(Completion, Task.Delay(2000)).ConfigureAwait(false);
    }

    /// <summary>An exception of the file system: a few are reported, all are answered EIO.</summary>
    internal void Report(Exception exception)
    {
        if (Interlocked.Increment(ref _reports) <= 20)
            Options.Warn?.Invoke($"a FUSE request failed: {exception}");
    }

    void Start()
    {
        bool uring = WantsUring();
        FuseInitOut agreed = Negotiate(uring);
        Flags = (FuseInitFlags)(agreed.Flags | (ulong)agreed.Flags2 << 32);
        _transport = new FuseTransport(this, _fd, MaxIoBytes) { Flags = Flags };
        Transport = Flags.HasFlag(FuseInitFlags.OverIoUring) ? FuseTransportKind.Uring : FuseTransportKind.Device;
        FileSystem.Started(this);
        // One more than there are, so that the session does not end while its threads are being started.
        _threads = 1;
        AddChannel(_fd, 0);
        if (Transport == FuseTransportKind.Uring)
            StartRings();
        if (Transport == FuseTransportKind.Device)
            StartClones();
        ThreadEnded();
    }

    void StartClones()
    {
        int wanted = Options.Threads > 0 ? Options.Threads : Math.Clamp(Environment.ProcessorCount, 2, 4);
        for (int i = 1; i < wanted; i++)
        {
            int fd = _transport.Clone();
            if (fd < 0)
                break;
            lock (_clones)
                _clones.Add(fd);
            AddChannel(fd, i);
        }
    }

    /// <summary>One ring for each processor there may ever be: the kernel uses none before all are there. Those that
    /// are offline share the first one's thread.</summary>
    void StartRings()
    {
        int possible = ProcessorList.Count("/sys/devices/system/cpu/possible");
        int online = Math.Min(possible, ProcessorList.Count("/sys/devices/system/cpu/online"));
        int depth = Options.RingDepth > 0 ? Options.RingDepth : online <= 8 ? 32 : 16;
        using var ready = new CountdownEvent(online);
        Errno failure = Errno.OK;
        for (int cpu = 0; cpu < online; cpu++)
        {
            ushort[] ids = cpu == 0
                ? [0, .. Enumerable.Range(online, possible - online).Select(id => (ushort)id)]
                : [(ushort)cpu];
            Interlocked.Increment(ref _threads);
            var ring = new UringQueue(_transport, cpu, ids, depth, Ready, ThreadEnded);
            lock (_rings)
                _rings.Add(ring);
            ring.Start();
        }
        ready.Wait();
        if (failure == Errno.OK)
            return;
        Options.Warn?.Invoke($"FUSE over io_uring is refused ({failure}); /dev/fuse is read instead");
        Transport = FuseTransportKind.Device;

        void Ready(Errno error)
        {
            if (error != Errno.OK)
                failure = error;
            ready.Signal();
        }
    }

    void AddChannel(int fd, int index)
    {
        Interlocked.Increment(ref _threads);
        new DeviceChannel(_transport, fd, string.Create(CultureInfo.InvariantCulture, $"fuse-{index}"), ChannelEnded)
            .Start();
    }

    void ChannelEnded()
    {
        // The connection is gone. What handlers still wait for is of no use to anybody, and may never come.
        _transport.CancelAll();
        lock (_rings)
        {
            foreach (UringQueue ring in _rings)
                ring.Stop();
        }
        ThreadEnded();
    }

    void ThreadEnded()
    {
        if (Interlocked.Decrement(ref _threads) > 0)
            return;
        _transport.Stopping = true;
        _notifier.Stop();
        FileSystem.Destroyed();
        lock (_clones)
        {
            foreach (int fd in _clones)
                Libc.close(fd);
            _clones.Clear();
        }
        Libc.close(_fd);
        _completion.TrySetResult();
    }
}
