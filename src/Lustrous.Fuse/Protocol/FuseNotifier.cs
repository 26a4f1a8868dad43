using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Fuse.Protocol.Native;

namespace Lustrous.Fuse.Protocol;

/// <summary>
/// Notifications, which are writes to the device. Those that may wait inside the kernel are made by threads of their
/// own, as many as wait at a time: one that waits must not keep back another whose end the first one waits for.
/// </summary>
sealed unsafe class FuseNotifier(int fd)
{
    const int MaxThreads = 128;
    const int IdleMilliseconds = 5000;

    readonly object _lock = new();     // a monitor: threads wait on it for work
    readonly Queue<Job> _jobs = [];    // guarded by _lock
    int _threads, _idle;               // guarded by _lock
    bool _stopped;                     // guarded by _lock

    public Errno InvalidateAttributes(ulong nodeId) => Inode(nodeId, -1, 0);

    public Task<Errno> InvalidatePagesAsync(ulong nodeId, long offset, long length) =>
        Post(new Job { NodeId = nodeId, Offset = offset, Length = length });

    public Task<Errno> InvalidateEntryAsync(ulong parent, ReadOnlySpan<byte> name, bool expireOnly) =>
        Post(new Job { NodeId = parent, Name = name.ToArray(), ExpireOnly = expireOnly });

    public Errno IncrementEpoch() => Send(FuseNotifyCode.IncEpoch, null, 0);

    public void Stop()
    {
        List<Job> left;
        lock (_lock)
        {
            _stopped = true;
            left = [.. _jobs];
            _jobs.Clear();
            Monitor.PulseAll(_lock);
        }
        foreach (Job job in left)
            job.Done.TrySetResult(Errno.ENODEV);
    }

    Task<Errno> Post(Job job)
    {
        bool start = false;
        lock (_lock)
        {
            if (_stopped)
                return Task.FromResult(Errno.ENODEV);
            _jobs.Enqueue(job);
            if (_idle < _jobs.Count && _threads < MaxThreads)
            {
                _threads++;
                start = true;
            }
            Monitor.Pulse(_lock);
        }
        if (start)
            new Thread(Run, maxStackSize: 256 << 10) { IsBackground = true, Name = "fuse-notify" }.Start();
        return job.Done.Task;
    }

    void Run()
    {
        while (true)
        {
            Job? job;
            lock (_lock)
            {
                while (!_jobs.TryDequeue(out job))
                {
                    _idle++;
                    bool woken = !_stopped && Monitor.Wait(_lock, IdleMilliseconds);
                    _idle--;
                    if (woken || _jobs.Count > 0)
                        continue;
                    _threads--;
                    return;
                }
            }
            job.Done.TrySetResult(job.Name is null
                ? Inode(job.NodeId, job.Offset, job.Length)
                : Entry(job.NodeId, job.Name, job.ExpireOnly));
        }
    }

    Errno Inode(ulong nodeId, long offset, long length)
    {
        FuseNotifyInvalInodeOut body = new() { NodeId = nodeId, Offset = offset, Length = length };
        return Send(FuseNotifyCode.InvalInode, (byte*)&body, FuseNotifyInvalInodeOut.WireSize);
    }

    Errno Entry(ulong parent, byte[] name, bool expireOnly)
    {
        if (name.Length is 0 or > 1024)
            return Errno.EINVAL;
        int size = FuseNotifyInvalEntryOut.WireSize + name.Length + 1;
        byte* body = stackalloc byte[size];
        *(FuseNotifyInvalEntryOut*)body = new FuseNotifyInvalEntryOut
        {
            Parent = parent,
            NameLength = (uint)name.Length,
            Flags = expireOnly ? 1u : 0,
        };
        name.CopyTo(new Span<byte>(body + FuseNotifyInvalEntryOut.WireSize, name.Length));
        body[size - 1] = 0;
        return Send(FuseNotifyCode.InvalEntry, body, size);
    }

    Errno Send(FuseNotifyCode code, byte* body, int length)
    {
        FuseOutHeader header = new() { Length = (uint)(FuseOutHeader.WireSize + length), Error = (int)code };
        IoVec* vectors = stackalloc IoVec[2];
        vectors[0] = new IoVec((byte*)&header, FuseOutHeader.WireSize);
        vectors[1] = new IoVec(body, length);
        return Libc.writev(fd, vectors, length == 0 ? 1 : 2) < 0 ? Libc.LastError : Errno.OK;
    }

    /// <summary>One notification that may wait.</summary>
    sealed class Job
    {
        public TaskCompletionSource<Errno> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ulong NodeId { get; init; }

        public long Offset { get; init; }

        public long Length { get; init; }

        public byte[]? Name { get; init; }

        public bool ExpireOnly { get; init; }
    }
}
