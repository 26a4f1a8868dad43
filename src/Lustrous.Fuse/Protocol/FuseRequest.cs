using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Protocol;

/// <summary>
/// One request of the kernel, and room for its reply. The object and its buffers are used again after the reply, so
/// nothing of it may be kept.
/// </summary>
public abstract unsafe class FuseRequest
{
    /// <summary>Largest fixed reply: <c>struct fuse_statx_out</c>.</summary>
    const int SmallSize = 320;
    const int SavedSize = 1024;

    readonly byte* _small = (byte*)NativeMemory.AlignedAlloc(SmallSize + SavedSize, 64);
    readonly Lock _lock = new();
    readonly Action _resumed;
    CancellationTokenSource? _cancel;           // guarded by _lock
    bool _interrupted;                          // guarded by _lock
    ulong _active;                              // guarded by _lock: the request that runs, or 0
    ValueTaskAwaiter<Errno> _awaiter;
    int _replyLength;
    bool _replyInBuffer;

    private protected FuseRequest() => _resumed = Resumed;

    ~FuseRequest() => NativeMemory.AlignedFree(_small);

    /// <summary>What the kernel's header says.</summary>
    public FuseInHeader Header { get; private set; }

    public ulong NodeId => Header.NodeId;

    /// <summary>Ends when the caller is hit by a signal that ends it, or waits for a lock and is hit by any; the
    /// request then answers EINTR, or goes on.</summary>
    public CancellationToken Cancel
    {
        get
        {
            lock (_lock)
                return (_cancel ??= new CancellationTokenSource()).Token;
        }
    }

    /// <summary>Room for an answer of any length, as large as the largest read. What came with the request lies here
    /// too.</summary>
    public IoVec ReplyBuffer { get; private protected set; }

    /// <summary>The request that runs, or 0.</summary>
    internal ulong ActiveUnique
    {
        get
        {
            lock (_lock)
                return _active;
        }
    }

    /// <summary>Bytes of the answer so far.</summary>
    internal int ReplyLength => _replyLength;

    internal bool ReplyInBuffer => _replyInBuffer;

    /// <summary>The answer.</summary>
    internal byte* ReplyStart => _replyInBuffer ? ReplyBuffer.Start : _small;

    /// <summary>Answers with one structure, all zeroes to begin with.</summary>
    public ref T Reply<T>()
        where T : unmanaged
    {
        Lassert.That(sizeof(T) <= SmallSize);
        _replyInBuffer = false;
        _replyLength = sizeof(T);
        ref T reply = ref *(T*)_small;
        reply = default;
        return ref reply;
    }

    /// <summary>Answers with the first <paramref name="length"/> bytes of <see cref="ReplyBuffer"/>.</summary>
    public void ReplyData(int length)
    {
        Lassert.That((uint)length <= (uint)ReplyBuffer.Length);
        _replyInBuffer = true;
        _replyLength = length;
    }

    /// <summary>Answers GETXATTR or LISTXATTR of size 0.</summary>
    public void ReplyXattrSize(int size) => Reply<FuseGetxattrOut>().Size = (uint)size;

    /// <summary>Answers IOCTL: what ioctl(2) returns, and the bytes that its argument then points to.</summary>
    public void ReplyIoctl(int result, ReadOnlySpan<byte> data)
    {
        Lassert.That(data.Length <= ReplyBuffer.Length - FuseIoctlOut.WireSize);
        data.CopyTo(ReplyBuffer.Span[FuseIoctlOut.WireSize..]);
        *(FuseIoctlOut*)ReplyBuffer.Start = new FuseIoctlOut { Result = result };
        ReplyData(FuseIoctlOut.WireSize + data.Length);
    }

    /// <summary>The request may wait for as long as programs like. False when so many wait already that hardly any
    /// other request could come in; it then has to be refused.</summary>
    internal virtual bool TryHold() => true;

    /// <summary>The structure a request of this kind starts with, <paramref name="size"/> bytes of it; null when the
    /// request is shorter.</summary>
    internal abstract byte* Argument(int size);

    /// <summary>What follows that structure.</summary>
    internal abstract IoVec Rest(int argumentSize);

    /// <summary>Sends the reply. Called once for each request, on any thread.</summary>
    private protected abstract void Answer(Errno error);

    /// <summary>Forgets the request without an answer.</summary>
    internal abstract void Drop();

    /// <summary>Keeps a name of up to 1,024 bytes from the reply that will be written over it.</summary>
    internal ReadOnlySpan<byte> Save(ReadOnlySpan<byte> name)
    {
        var saved = new Span<byte>(_small + SmallSize, SavedSize);
        name.CopyTo(saved);
        return saved[..name.Length];
    }

    private protected void Begin(in FuseInHeader header)
    {
        Header = header;
        _replyLength = 0;
        _replyInBuffer = false;
        lock (_lock)
            _active = header.Unique;
    }

    /// <summary>Answers now, or when the task completes.</summary>
    internal void Finish(ValueTask<Errno> task)
    {
        if (task.IsCompleted)
        {
            Complete(ResultOf(task.GetAwaiter()));
            return;
        }
        _awaiter = task.GetAwaiter();
        _awaiter.UnsafeOnCompleted(_resumed);
    }

    /// <summary>The caller was hit by a signal; false when this is not its request.</summary>
    internal bool TryInterrupt(ulong unique)
    {
        CancellationTokenSource? source;
        lock (_lock)
        {
            if (_active != unique || unique == 0)
                return false;
            source = _cancel ??= new CancellationTokenSource();
            _interrupted = true;
        }
        source.Cancel();
        return true;
    }

    internal void Complete(Errno error)
    {
        Forgotten();
        if (error != Errno.OK)
            _replyLength = 0;
        Answer(error);
    }

    /// <summary>No signal is for this request any more.</summary>
    private protected void Forgotten()
    {
        lock (_lock)
        {
            _active = 0;
            if (_interrupted)
                _cancel = null;          // the next request on this object gets a source of its own
            _interrupted = false;
        }
    }

    /// <summary>The file system threw before it returned a task.</summary>
    internal void FailedNow(Exception exception)
    {
        Failed(exception);
        Complete(Errno.EIO);
    }

    void Resumed()
    {
        ValueTaskAwaiter<Errno> awaiter = _awaiter;
        _awaiter = default;
        Complete(ResultOf(awaiter));
    }

    Errno ResultOf(ValueTaskAwaiter<Errno> awaiter)
    {
        try
        {
            return awaiter.GetResult();
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }
#pragma warning disable CA1031 // whatever went wrong in one request, the program that waits for it gets an answer
        catch (Exception exception)
        {
            Failed(exception);
            return Errno.EIO;
        }
#pragma warning restore CA1031
    }

    /// <summary>Reports an exception of a handler.</summary>
    private protected abstract void Failed(Exception exception);
}
