using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Protocol.Uring;

/// <summary>One slot of a ring: the kernel puts a request into its buffers, and takes the reply from them.</summary>
sealed unsafe class UringRequest : FuseRequest
{
    /// <summary>Bytes of <c>struct fuse_uring_req_header</c>: two areas of 128 and the slot's own part.</summary>
    public const int HeaderSize = 2 * AreaSize + FuseUringEntInOut.WireSize;

    const int AreaSize = 128;

    readonly UringQueue _queue;
    readonly byte* _header;
    readonly byte* _payload;
    readonly int _capacity;
    int _received;
    bool _isHeld;

    public UringRequest(UringQueue queue, int index, ushort queueId, byte* header, byte* payload, int capacity)
    {
        _queue = queue;
        Index = index;
        QueueId = queueId;
        _header = header;
        _payload = payload;
        _capacity = capacity;
        ReplyBuffer = new IoVec(payload, capacity);
    }

    public int Index { get; }

    /// <summary>The processor whose requests come here.</summary>
    public ushort QueueId { get; }

    /// <summary>The next of those that were answered on other threads.</summary>
    public UringRequest? NextAnswered { get; set; }

    /// <summary>Names the request to the kernel when the reply is committed.</summary>
    public ulong CommitId { get; private set; }

    /// <summary>What the slot is registered with: header and payload.</summary>
    public void Describe(IoVec* vectors)
    {
        vectors[0] = new IoVec(_header, HeaderSize);
        vectors[1] = new IoVec(_payload, _capacity);
    }

    /// <summary>Takes the request that the kernel has put into the slot.</summary>
    public void Start()
    {
        FuseUringEntInOut* slot = (FuseUringEntInOut*)(_header + 2 * AreaSize);
        CommitId = slot->CommitId;
        _received = (int)Math.Min(slot->PayloadSize, (uint)_capacity);
        Begin(*(FuseInHeader*)_header);
    }

    /// <summary>Puts the reply where the kernel looks for it. On the ring's thread.</summary>
    public void Pack(Errno error)
    {
        if (!ReplyInBuffer)
            new ReadOnlySpan<byte>(ReplyStart, ReplyLength).CopyTo(new Span<byte>(_payload, _capacity));
        *(FuseOutHeader*)_header = new FuseOutHeader
        {
            Length = (uint)(FuseOutHeader.WireSize + ReplyLength),
            Error = -(int)error,
            Unique = Header.Unique,
        };
        FuseUringEntInOut* slot = (FuseUringEntInOut*)(_header + 2 * AreaSize);
        *slot = new FuseUringEntInOut { CommitId = CommitId, PayloadSize = (uint)ReplyLength };
    }

    internal override byte* Argument(int size) => size <= AreaSize ? _header + AreaSize : null;

    internal override IoVec Rest(int argumentSize) => new(_payload, _received);

    internal override bool TryHold()
    {
        if (!_isHeld)
            _isHeld = _queue.TryHold();
        return _isHeld;
    }

    private protected override void Answer(Errno error)
    {
        if (_isHeld)
        {
            _isHeld = false;
            _queue.Unhold();
        }
        Pack(error);
        _queue.Answered(this);
    }

    internal override void Drop() => Complete(Errno.OK);

    private protected override void Failed(Exception exception) => _queue.Transport.Session.Report(exception);
}
