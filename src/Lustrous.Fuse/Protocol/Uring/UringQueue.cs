using System.Runtime.InteropServices;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Fuse.Protocol.Native;

namespace Lustrous.Fuse.Protocol.Uring;

/// <summary>
/// The requests of one processor: a ring, its slots, and a thread bound to that processor, so that a program and the
/// thread that serves it take turns there and wake no other. Replies from other threads are put on a list and
/// committed by the ring's own thread, because the kernel delivers a slot's next request to whoever committed the last.
/// </summary>
sealed unsafe class UringQueue
{
    const ulong WakeToken = ulong.MaxValue;
    const uint RegisterCommand = 1, CommitAndFetchCommand = 2;
    const int FuseFile = 0, WakeFile = 1;

    /// <summary>Slots whose memory is there from the start; the kernel uses the one that came back last.</summary>
    const int PrefaultedSlots = 4;

    /// <summary>Slots that requests which wait for file locks leave to others: who gives the lock back needs
    /// one.</summary>
    const int SlotsKeptFree = 8;

    readonly int _cpu;
    readonly ushort[] _queueIds;
    readonly int _depth;
    readonly Action<Errno> _ready;
    readonly Action _ended;
    readonly Thread _thread;
    readonly int _wakeFd;
    readonly ulong* _wakeBuffer = (ulong*)NativeMemory.AlignedAlloc(64, 64);
    readonly UringRequest[] _slots;
    UringRequest? _answered;          // Interlocked: answered on other threads
    int _sleeping;                    // Interlocked: 1 while the thread waits or is about to
    int _live;                        // slots that the kernel has not given up
    int _given;                       // those of them that wait in the kernel for a request
    readonly Lock _wakeLock = new();  // keeps the wake descriptor open for Stop
    volatile bool _stopped;           // written under _wakeLock
    int _held;                        // Interlocked: slots whose requests wait for file locks
    IoUring _ring = null!;            // the thread's own

    /// <param name="transport">Where requests go.</param>
    /// <param name="cpu">Processor to be bound to, or -1.</param>
    /// <param name="queueIds">Processors whose requests come here.</param>
    /// <param name="depth">Slots for the first of them; the others, which are offline, get one.</param>
    /// <param name="ready">Told once whether the kernel took the slots.</param>
    /// <param name="ended">Told once, last.</param>
    public UringQueue(
        FuseTransport transport, int cpu, ushort[] queueIds, int depth, Action<Errno> ready, Action ended)
    {
        Transport = transport;
        _cpu = cpu;
        _queueIds = queueIds;
        _depth = depth;
        _ready = ready;
        _ended = ended;
        _wakeFd = Libc.eventfd(0, Libc.EFD_CLOEXEC);
        _slots = new UringRequest[depth + queueIds.Length - 1];
        _thread = new Thread(Run, maxStackSize: 8 << 20) { IsBackground = true, Name = $"fuse-ring-{queueIds[0]}" };
    }

    public FuseTransport Transport { get; }

    public void Start() => _thread.Start();

    /// <summary>The connection is gone: requests that are under way do not keep the thread. On any thread.</summary>
    public void Stop()
    {
        lock (_wakeLock)
        {
            if (!_stopped)
                Wake();
        }
    }

    /// <summary>One more slot whose request waits for a lock, unless only a few are left. On any thread.</summary>
    public bool TryHold()
    {
        if (Interlocked.Increment(ref _held) <= Math.Max(1, _depth - SlotsKeptFree))
            return true;
        Interlocked.Decrement(ref _held);
        return false;
    }

    public void Unhold() => Interlocked.Decrement(ref _held);

    void Wake()
    {
        ulong one = 1;
        _ = Libc.write(_wakeFd, (byte*)&one, sizeof(ulong));
    }

    /// <summary>A slot holds its reply. On any thread.</summary>
    public void Answered(UringRequest request)
    {
        if (_stopped)
            return;                    // the kernel has told the caller long ago; the thread's number may be another's
        if (Environment.CurrentManagedThreadId == _thread.ManagedThreadId)
        {
            Commit(request);
            return;
        }
        UringRequest? head = Volatile.Read(ref _answered);
        while (true)
        {
            request.NextAnswered = head;
            UringRequest? seen = Interlocked.CompareExchange(ref _answered, request, head);
            if (ReferenceEquals(seen, head))
                break;
            head = seen;
        }
        if (Interlocked.Exchange(ref _sleeping, 0) == 1)
            Wake();
    }

    void Run()
    {
        if (_cpu >= 0)
            Bind(_cpu);
        byte* memory = null;
        nuint size = 0;
        Errno error = Errno.OK;
        IoUring? ring = IoUring.TryCreate(_slots.Length + 2, out error);
        if (ring is not null)
        {
            _ring = ring;
            ring.RegisterFiles([Transport.MasterFd, _wakeFd]);
            memory = AllocateSlots(out size);
            error = memory is null ? Errno.ENOMEM : Register();
        }
        _ready(error);
        if (error == Errno.OK)
            Loop();
        lock (_wakeLock)
            _stopped = true;
        ring?.Dispose();
        // A request that waits for a server which is gone still has its slot, and may be about to wake us.
        if (_live == 0)
        {
            if (memory is not null)
                Libc.munmap(memory, size);
            Libc.close(_wakeFd);
        }
        _ended();
    }

    void Loop()
    {
        while (_live > 0)
        {
            CommitAnswered();
            // Of what we still work on the kernel tells nothing any more.
            if (Transport.IsGone && _given == 0)
                break;
            Interlocked.Exchange(ref _sleeping, 1);
            bool wait = Volatile.Read(ref _answered) is null;
            Errno error = _ring.Enter(wait);
            Interlocked.Exchange(ref _sleeping, 0);
            if (error is not (Errno.OK or Errno.EINTR or Errno.EAGAIN or Errno.EBUSY or Errno.ETIME))
                break;
            while (_ring.TryTake(out ulong token, out int result))
                Completed(token, result);
        }
    }

    void Completed(ulong token, int result)
    {
        if (token == WakeToken)
        {
            WatchWakes();
            return;
        }
        _given--;
        if (result != 0)
        {
            // The connection is gone, or the slot is: the kernel puts nothing into it any more.
            _live--;
            return;
        }
        UringRequest request = _slots[token];
        request.Start();
        Transport.Dispatch(request);
    }

    void CommitAnswered()
    {
        UringRequest? request = Interlocked.Exchange(ref _answered, null);
        while (request is not null)
        {
            UringRequest? next = request.NextAnswered;
            request.NextAnswered = null;
            Commit(request);
            request = next;
        }
    }

    void Commit(UringRequest request)
    {
        IoUring.Sqe* sqe = Command(request, CommitAndFetchCommand);
        _given++;
        sqe->Command.CommitId = request.CommitId;
    }

    IoUring.Sqe* Command(UringRequest request, uint command)
    {
        IoUring.Sqe* sqe = _ring.Next();
        sqe->Opcode = IoUring.Sqe.UringCommand;
        sqe->Flags = IoUring.Sqe.FixedFile;
        sqe->Fd = FuseFile;
        sqe->CommandOp = command;
        sqe->UserData = (ulong)request.Index;
        sqe->Command.QueueId = request.QueueId;
        return sqe;
    }

    void WatchWakes()
    {
        IoUring.Sqe* sqe = _ring.Next();
        sqe->Opcode = IoUring.Sqe.Read;
        sqe->Flags = IoUring.Sqe.FixedFile;
        sqe->Fd = WakeFile;
        sqe->Address = (ulong)_wakeBuffer;
        sqe->Length = sizeof(ulong);
        sqe->UserData = WakeToken;
    }

    Errno Register()
    {
        IoVec* vectors = stackalloc IoVec[2 * _slots.Length];
        foreach (UringRequest slot in _slots)
        {
            slot.Describe(vectors + 2 * slot.Index);
            IoUring.Sqe* sqe = Command(slot, RegisterCommand);
            sqe->Address = (ulong)(vectors + 2 * slot.Index);
            sqe->Length = 2;
        }
        WatchWakes();
        _live = _given = _slots.Length;
        Errno error = _ring.Enter(wait: false);
        if (error != Errno.OK)
            return error;
        // A slot that was taken says nothing until there is a request; one that was refused says why at once.
        while (_ring.TryTake(out ulong token, out int result))
        {
            if (token != WakeToken && result < 0)
                return (Errno)(-result);
            Completed(token, result);
        }
        return Errno.OK;
    }

    byte* AllocateSlots(out nuint size)
    {
        int payload = (Math.Max(Transport.MaxIoBytes, 8192) + BufferPool.PageSize - 1) & -BufferPool.PageSize;
        int headers = (_slots.Length * 512 + BufferPool.PageSize - 1) & -BufferPool.PageSize;
        size = (nuint)headers + (nuint)_slots.Length * (nuint)payload;
        byte* memory = Libc.mmap(
            null, size, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if (memory == (byte*)-1)
            return null;
        _ = Libc.madvise(memory, size, Libc.MADV_HUGEPAGE);
        _ = Libc.madvise(memory, size, Libc.MADV_DONTFORK);
        for (int i = 0; i < _slots.Length; i++)
        {
            ushort queueId = i < _depth ? _queueIds[0] : _queueIds[i - _depth + 1];
            byte* data = memory + headers + (nuint)i * (nuint)payload;
            _slots[i] = new UringRequest(this, i, queueId, memory + i * 512, data, payload);
            Transport.Register(_slots[i]);
        }
        // The kernel hands out the slot that was registered last first.
        int hot = Math.Min(PrefaultedSlots, _slots.Length);
        _ = Libc.madvise(
            memory + size - (nuint)hot * (nuint)payload, (nuint)hot * (nuint)payload, Libc.MADV_POPULATE_WRITE);
        return memory;
    }

    static void Bind(int cpu)
    {
        const int words = 64;                      // 4,096 processors
        ulong* mask = stackalloc ulong[words];
        new Span<ulong>(mask, words).Clear();
        mask[cpu / 64] |= 1UL << (cpu % 64);
        // Refused where a container keeps us off that processor; it then runs where it may.
        _ = Libc.sched_setaffinity(0, words * sizeof(ulong), mask);
    }
}
