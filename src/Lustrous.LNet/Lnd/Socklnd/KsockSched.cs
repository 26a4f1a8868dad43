using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// One reactor (<c>struct ksock_sched</c>): a thread with an epoll set that reads from its connections and runs, on
/// its own stack, whatever the messages lead to. What those runs send is held back and leaves in as few system calls
/// as possible (<see cref="Cork"/>).
/// </summary>
sealed unsafe class KsockSched
{
    /// <summary>
    /// Scratch memory for reading, shared by all connections of this thread: 1,000 idle peers cost none.
    /// </summary>
    public const int ReadBufferSize = 128 << 10;

    const int EventCapacity = 64;
    const uint WakeSlot = uint.MaxValue;

    // struct epoll_event is packed on x64 only.
    static readonly int EventStride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    readonly RankedLock _lock = new(46, "kss_lock");
    readonly NodeContext _context;
    readonly PooledBuffer _readBuffer;
    readonly Thread _thread;
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly long _spinTicks;
    readonly int _epoll;
    readonly SafeFileHandle _wake;      // outlives the thread: a late Post must not write to a descriptor used anew
    readonly List<KsockPollable> _turns = [];
    readonly List<KsockConn> _corked = [];
    KsockPollable?[] _slots = new KsockPollable?[64];
    uint[] _generations = new uint[64];
    int _watched;
    KsockPollable? _commandHead;    // guarded by _lock
    bool _stopping;                 // guarded by _lock
    volatile int _threadId;

    KsockSched(NodeContext context, KsockTunables tunables, int index, int epoll, SafeFileHandle wake)
    {
        _context = context;
        _epoll = epoll;
        _wake = wake;
        _spinTicks = tunables.SpinMicroseconds * context.Clock.TimestampFrequency / 1_000_000;
        _readBuffer = context.Buffers.Take(ReadBufferSize);
        _thread = new Thread(Run) { IsBackground = true, Name = $"socknal_sd{index:00}" };
    }

    public byte* ReadBuffer => _readBuffer.Start;

    /// <summary>Whether the caller runs on this reactor.</summary>
    public bool IsCurrent => Environment.CurrentManagedThreadId == _threadId;

    /// <summary>Messages held back since the last flush.</summary>
    public int CorkedMessages { get; set; }

    /// <summary>Completed as the thread's last act.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Starts a reactor; EMFILE or ENOMEM when the machine has no room for one.</summary>
    public static Result<KsockSched> Start(NodeContext context, KsockTunables tunables, int index)
    {
        int epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        if (epoll < 0)
            return Libc.LastError;
        int wake = Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC);
        if (wake < 0)
        {
            Errno error = Libc.LastError;
            _ = Libc.close(epoll);
            return error;
        }
        KsockSched sched = new(context, tunables, index, epoll, new SafeFileHandle(wake, ownsHandle: true));
        sched.Control(Libc.EPOLL_CTL_ADD, wake, Libc.EPOLLIN | Libc.EPOLLET, WakeSlot);
        sched._thread.Start();
        return sched;
    }

    /// <summary>Lets the thread end once nothing is watched any more.</summary>
    public void Stop()
    {
        using (_lock.Enter())
            _stopping = true;
        Wake();
    }

    /// <summary>
    /// Has <paramref name="target"/> carry out <paramref name="command"/> (a bit) on this thread, soon.
    /// </summary>
    public void Post(KsockPollable target, int command)
    {
        if (Interlocked.Or(ref target.Commands, command) != 0)
            return;     // already in the list
        bool first;
        using (_lock.Enter())
        {
            first = _commandHead is null;
            target.NextCommanded = _commandHead;
            _commandHead = target;
        }
        if (first && !IsCurrent)
            Wake();
    }

    /// <summary>Watches a descriptor for everything, edge-triggered. This thread only.</summary>
    public Errno Watch(KsockPollable target, int fd)
    {
        int slot = Array.IndexOf(_slots, null);
        if (slot < 0)
        {
            slot = _slots.Length;
            Array.Resize(ref _slots, slot * 2);
            Array.Resize(ref _generations, slot * 2);
        }
        uint events = Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP | Libc.EPOLLET;
        if (Control(Libc.EPOLL_CTL_ADD, fd, events, (ulong)_generations[slot] << 32 | (uint)slot) < 0)
            return Libc.LastError;
        _slots[slot] = target;
        target.Slot = slot;
        _watched++;
        return Errno.OK;
    }

    /// <summary>Ends <see cref="Watch"/>; events still in hand for it are dropped. This thread only.</summary>
    public void Unwatch(KsockPollable target, int fd)
    {
        if (target.Slot < 0)
            return;
        _ = Control(Libc.EPOLL_CTL_DEL, fd, 0, 0);
        _slots[target.Slot] = null;
        _generations[target.Slot]++;
        target.Slot = -1;
        _watched--;
    }

    /// <summary>Gives <paramref name="target"/> another turn after the others had theirs. This thread only.</summary>
    public void RunAgain(KsockPollable target) => _turns.Add(target);

    /// <summary>Remembers a connection with messages to send at the end of this round. This thread only.</summary>
    public void Cork(KsockConn conn) => _corked.Add(conn);

    /// <summary>Sends what was held back.</summary>
    public void FlushCorked()
    {
        CorkedMessages = 0;
        // What completions send meanwhile is corked again and waits for the next call: nobody else starves.
        int count = _corked.Count;
        for (int i = 0; i < count; i++)
            _corked[i].FlushCorked();
        _corked.RemoveRange(0, count);
    }

    void Run()
    {
        _threadId = Environment.CurrentManagedThreadId;
        byte* events = stackalloc byte[EventCapacity * EventStride];
        while (!Done())
        {
            int count = WaitForEvents(events);
            for (int i = 0; i < count; i++)
            {
                byte* e = events + i * EventStride;
                Dispatch(*(uint*)e, *(ulong*)(e + (EventStride - 8)));
            }
            TakeTurns();
            RunCommands();
            FlushCorked();
        }
        _threadId = 0;
        _ = Libc.close(_epoll);
        _readBuffer.Dispose();
        _ended.SetResult();
    }

    bool Done()
    {
        if (_watched > 0)
            return false;
        using (_lock.Enter())
            return _stopping && _commandHead is null && _corked.Count == 0;
    }

    int WaitForEvents(byte* events)
    {
        bool busy = _turns.Count > 0 || _corked.Count > 0 || Volatile.Read(ref _commandHead) is not null;
        if (!busy && _spinTicks > 0)
        {
            long until = _context.Clock.GetTimestamp() + _spinTicks;
            do
            {
                int early = Libc.epoll_wait(_epoll, events, EventCapacity, 0);
                if (early != 0)
                    return early;
            }
            while (_context.Clock.GetTimestamp() < until);
        }
        return Libc.epoll_wait(_epoll, events, EventCapacity, busy ? 0 : -1);
    }

    void Dispatch(uint events, ulong data)
    {
        uint slot = (uint)data;
        if (slot == WakeSlot)
        {
            ulong count;
            _ = Libc.read((int)_wake.DangerousGetHandle(), &count, sizeof(ulong));
            return;
        }
        if (_slots[slot] is { } target && _generations[slot] == (uint)(data >> 32))
            target.OnEvents(events);
    }

    void TakeTurns()
    {
        int count = _turns.Count;
        for (int i = 0; i < count; i++)
        {
            if (_turns[i].Slot >= 0)
                _turns[i].OnTurn();
        }
        _turns.RemoveRange(0, count);
    }

    void RunCommands()
    {
        KsockPollable? target;
        using (_lock.Enter())
        {
            target = _commandHead;
            _commandHead = null;
        }
        while (target is not null)
        {
            KsockPollable? next = target.NextCommanded;
            target.NextCommanded = null;
            target.OnCommands(Interlocked.Exchange(ref target.Commands, 0));
            target = next;
        }
    }

    void Wake()
    {
        ulong one = 1;
        _ = Libc.write((int)_wake.DangerousGetHandle(), &one, sizeof(ulong));
        GC.KeepAlive(_wake);
    }

    int Control(int operation, int fd, uint events, ulong data)
    {
        byte* e = stackalloc byte[16];
        *(uint*)e = events;
        *(ulong*)(e + (EventStride - 8)) = data;
        return Libc.epoll_ctl(_epoll, operation, fd, e);
    }
}
