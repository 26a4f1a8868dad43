using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// Sending. Any thread queues; if nobody writes yet, that thread writes at once, so a message is on the wire when Send
/// returns. On a scheduler's thread it waits for the end of the round instead, and many small messages leave in one
/// system call.
/// </summary>
/// <remarks>
/// Whoever set <c>_flushing</c> is the only writer, owns the fields marked so, and writes without holding the lock.
/// Headers are made anew for each attempt, so nothing but a byte count is kept of a message that left in part.
/// </remarks>
sealed unsafe partial class KsockConn
{
    const int ScratchSize = 16 << 10;
    const int SmallPayload = 2048;          // copied next to its header; larger ones are sent from where they are
    const int MaxSendVectors = 288;         // one message of 256 pages and some more
    const int BatchBytes = 2 << 20;

    readonly RankedLock _txLock = new(44, "ksnc_lock");
    LNetMessage? _pendingHead, _pendingTail;    // guarded by _txLock
    int _queuedMessages;                        // changed under _txLock, read without
    long _queuedBytes;                          // the same
    bool _flushing = true;      // guarded by _txLock; the handshake holds it until HELLO is through
    bool _blocked;              // guarded by _txLock: the socket is full, OnWritable goes on
    bool _writable;             // guarded by _txLock: it became writable while somebody was writing
    bool _corked;               // guarded by _txLock: in some scheduler's list
    bool _dead;                 // guarded by _txLock: nobody reads any more
    bool _sendFailed;           // guarded by _txLock: a write failed, so no other may follow
    List<ulong>? _acks;         // guarded by _txLock: cookies to return to the peer
    long _txDeadline;           // ticks; read by the timer

    // Of the writer:
    LNetMessage? _sendHead, _sendTail;      // taken from the queue, not yet sent
    int _headSent;                          // bytes of _sendHead that are gone
    byte[]? _noops;                         // NOOPs being sent, between messages
    int _noopLength, _noopSent;
    byte[]? _scratch;

    public int QueuedMessages => Volatile.Read(ref _queuedMessages);

    public long QueuedBytes => Volatile.Read(ref _queuedBytes);

    /// <summary>Order of use among equals: the one used longest ago is next.</summary>
    public long LastPost { get; set; }

    /// <summary>Whether messages wait and none has moved until <paramref name="now"/>, for the whole timeout.</summary>
    public bool IsStuck(long now) => QueuedMessages > 0 && now >= Volatile.Read(ref _txDeadline);

    int HeaderSize =>
        KsockWire.PrefixSize + (Version >= KsockWire.Version4 ? LNetHeader.Nid16Size : LNetHeader.Nid4Size);

    /// <summary>Takes a message.</summary>
    /// <returns><c>OK</c>, it will be completed; ESHUTDOWN, the connection closes: choose another; ENOBUFS, EPROTO:
    /// it cannot
    /// be sent here.</returns>
    public Errno Send(LNetMessage message)
    {
        if (!CanCarry(message))
            return Errno.EPROTO;
        KsockSched? corker = _lnd.CurrentSched;
        using (_txLock.Enter())
        {
            if (_closing)
                return Errno.ESHUTDOWN;
            if (_queuedMessages >= _lnd.Tunables.MaxQueuedMessages)
                return Errno.ENOBUFS;
            Append(message);
            if (!MayStart(corker))
                return Errno.OK;
        }
        Flush();
        return Errno.OK;
    }

    /// <summary>Takes messages that waited for a connection; only before it is open.</summary>
    public void Adopt(LNetMessage? chain)
    {
        using (_txLock.Enter())
        {
            while (chain is not null)
            {
                LNetMessage? next = chain.NextQueued;
                Append(chain);
                chain = next;
            }
        }
    }

    /// <summary>Whether the header can be put into the form that this connection carries.</summary>
    public bool CanCarry(LNetMessage message) => Version >= KsockWire.Version4 || message.Header.FitsNid4;

    /// <summary>Asks the peer whether it lives, unless something is under way to it anyway.</summary>
    public void SendKeepalive()
    {
        using (_txLock.Enter())
        {
            if (_closing || _queuedMessages > 0 || _acks is { Count: > 0 })
                return;
            (_acks ??= []).Add(KsockWire.KeepaliveCookie);
            if (!MayStart(corker: null))
                return;
        }
        Flush();
    }

    // The peer waits for this cookie before it takes its memory back. False: it let too many of them pile up.
    bool QueueAck(ulong cookie)
    {
        using (_txLock.Enter())
        {
            List<ulong> acks = _acks ??= [];
            if (acks.Count >= MaxPendingAcks)
                return false;
            acks.Add(cookie);
            _ = MayStart(Sched);    // corked: this is the scheduler's thread
        }
        return true;
    }

    // Under _txLock. True: the caller is the writer now.
    bool MayStart(KsockSched? corker)
    {
        if (_flushing || _blocked)
            return false;
        if (corker is null)
            return _flushing = true;
        corker.CorkedMessages++;
        if (!_corked)
        {
            _corked = true;
            corker.Cork(this);
        }
        return false;
    }

    void Append(LNetMessage message)
    {
        message.NextQueued = null;
        if (_pendingTail is null)
            _pendingHead = message;
        else
            _pendingTail.NextQueued = message;
        _pendingTail = message;
        _queuedBytes += HeaderSize + message.PayloadLength;
        if (_queuedMessages++ == 0)
            Volatile.Write(ref _txDeadline, _lnd.Now + _lnd.Ticks(_lnd.Tunables.Timeout));
    }

    /// <summary>Sends what was held back; the scheduler's thread that holds it back.</summary>
    public void FlushCorked()
    {
        using (_txLock.Enter())
        {
            _corked = false;
            if (_flushing || _blocked)
                return;
            _flushing = true;
        }
        Flush();
    }

    // The socket has room again.
    void OnWritable()
    {
        using (_txLock.Enter())
        {
            _writable = true;
            if (!_blocked)
                return;
            _blocked = false;
            _flushing = true;
        }
        Flush();
    }

    // The caller is the writer, and no longer is when this returns.
    void Flush()
    {
        int sentMessages = 0;
        long sentBytes = 0;
        IoVec* vectors = stackalloc IoVec[MaxSendVectors];
        while (TakePending(sentMessages, sentBytes))
        {
            int count = Gather(vectors, out long total);
            Libc.MessageHeader header = new() { Vectors = vectors, VectorCount = (nuint)count };
            nint sent = Libc.sendmsg(_fd, &header, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
            Errno error = sent < 0 ? Libc.LastError : Errno.OK;
            sentBytes = Math.Max(sent, 0);
            LNetMessage? done = Advance((int)sentBytes, out sentMessages);
            bool stop = sent < total && !StaysWriter(error, ref sentMessages, ref sentBytes);
            Complete(done, Errno.OK);
            if (!stop)
                continue;
            if (error is not (Errno.OK or Errno.EAGAIN or Errno.EINTR))
                End(error, $"error on write: {error}");
            break;
        }
        if (Peer is { HasPausedReaders: true } peer)
            peer.ResumeReaders();
    }

    // Accounts for what was sent, and takes what was queued meanwhile. False: there is nothing to do, or the
    // connection closes.
    bool TakePending(int sentMessages, long sentBytes)
    {
        bool close;
        using (_txLock.Enter())
        {
            Account(sentMessages, sentBytes);
            _writable = false;
            if (!_closing && !_sendFailed)
            {
                SplicePending();
                if (_noopSent == _noopLength && _acks is { Count: > 0 } acks)
                    PackAcks(acks);
                if (_sendHead is not null || _noopSent < _noopLength)
                    return true;
            }
            close = _dead;
            _flushing = close;
        }
        if (close)
            CloseSending();
        return false;
    }

    // After a write that did not take everything. False: the caller is the writer no longer.
    bool StaysWriter(Errno error, ref int sentMessages, ref long sentBytes)
    {
        bool close;
        using (_txLock.Enter())
        {
            if (error == Errno.EINTR || (error is Errno.OK or Errno.EAGAIN && (_writable || _dead)))
                return true;
            Account(sentMessages, sentBytes);
            (sentMessages, sentBytes) = (0, 0);
            _sendFailed |= error is not (Errno.OK or Errno.EAGAIN);
            _blocked = !_sendFailed;
            close = _dead;
            _flushing = close;
        }
        if (close)
            CloseSending();
        return false;
    }

    void Account(int sentMessages, long sentBytes)
    {
        if (sentBytes == 0)
            return;
        _queuedMessages -= sentMessages;
        _queuedBytes = Math.Max(0, _queuedBytes - sentBytes);
        Volatile.Write(ref _txDeadline, _lnd.Now + _lnd.Ticks(_lnd.Tunables.Timeout));
    }

    void SplicePending()
    {
        if (_pendingHead is null)
            return;
        if (_sendTail is null)
            _sendHead = _pendingHead;
        else
            _sendTail.NextQueued = _pendingHead;
        _sendTail = _pendingTail;
        _pendingHead = _pendingTail = null;
    }

    // Turns cookies into NOOPs, runs of consecutive ones into a single NOOP (ksocknal_queue_tx_zcack_v3).
    void PackAcks(List<ulong> acks)
    {
        byte[] noops = _noops ??= new byte[32 * KsockWire.PrefixSize];
        int length = 0;
        int used = 0;
        while (used < acks.Count && length < noops.Length)
        {
            ulong first = acks[used];
            ulong last = first;
            bool ranges = first != KsockWire.KeepaliveCookie && Version > KsockWire.Version2;
            while (++used < acks.Count && ranges && acks[used] == last + 1)
                last++;
            KsockWire.WritePrefix(noops.AsSpan(length), KsockWire.Noop, 0, first == last ? 0 : first, last);
            length += KsockWire.PrefixSize;
        }
        acks.RemoveRange(0, used);
        (_noopLength, _noopSent) = (length, 0);
    }

    // The next bytes to go out, in order: the rest of a message that left in part, NOOPs, whole messages.
    int Gather(IoVec* vectors, out long total)
    {
        byte* scratch = Pinned(_scratch ??= GC.AllocateUninitializedArray<byte>(ScratchSize, pinned: true));
        SendBatch batch = new(vectors, scratch);
        LNetMessage? message = _sendHead;
        bool whole = true;
        if (_headSent > 0 && message is not null)
        {
            whole = Add(ref batch, message, _headSent);
            message = message.NextQueued;
        }
        if (whole && _noopSent < _noopLength)
        {
            Span<byte> rest = _noops.AsSpan(_noopSent, _noopLength - _noopSent);
            rest.CopyTo(batch.TakeScratch(rest.Length));
        }
        while (whole && message is not null && batch.HasRoom)
        {
            whole = Add(ref batch, message, skip: 0);
            message = message.NextQueued;
        }
        total = batch.Total;
        return batch.Count;
    }

    // False: not all of the message found room, so none may follow it.
    bool Add(ref SendBatch batch, LNetMessage message, int skip)
    {
        int headerSize = HeaderSize;
        int payload = message.PayloadLength;
        if (skip == 0)
            PackHeader(batch.TakeScratch(headerSize), message);
        else if (skip < headerSize)
        {
            Span<byte> header = stackalloc byte[KsockWire.PrefixSize + LNetHeader.Nid16Size];
            PackHeader(header[..headerSize], message);
            header[skip..headerSize].CopyTo(batch.TakeScratch(headerSize - skip));
            skip = 0;
        }
        else
            skip -= headerSize;
        if (payload == 0)
            return true;
        bool copy = payload <= SmallPayload && batch.ScratchLeft >= payload;
        int offset = message.PayloadOffset + skip;
        int left = payload - skip;
        foreach (IoVec fragment in message.Payload)
        {
            if (offset >= fragment.Length)
            {
                offset -= fragment.Length;
                continue;
            }
            if (left == 0)
                break;
            int length = Math.Min(fragment.Length - offset, left);
            if (copy)
                fragment.Span.Slice(offset, length).CopyTo(batch.TakeScratch(length));
            else if (!batch.TryAdd(fragment.Slice(offset, length)))
                return false;
            left -= length;
            offset = 0;
        }
        Lassert.That(left == 0, "a message's fragments are shorter than its payload");
        return true;
    }

    void PackHeader(Span<byte> wire, LNetMessage message)
    {
        Span<byte> header = wire[KsockWire.PrefixSize..];
        if (Version >= KsockWire.Version4)
            message.Header.WriteNid16(header);
        else
            message.Header.WriteNid4(header);
        KsockWire.WritePrefix(wire, KsockWire.LNet, 0, 0, 0);
        if (!_lnd.Tunables.EnableChecksum || message.PayloadLength == 0)
            return;
        uint checksum = KsockChecksum.Seed;
        if (Version <= KsockWire.Version2)
            checksum = KsockChecksum.Add(checksum, wire);
        int offset = message.PayloadOffset;
        int left = message.PayloadLength;
        foreach (IoVec fragment in message.Payload)
        {
            int length = Math.Min(fragment.Length - offset, left);
            checksum = KsockChecksum.Add(checksum, fragment.Span.Slice(offset, length));
            left -= length;
            offset = 0;
        }
        KsockWire.WritePrefix(wire, KsockWire.LNet, checksum, 0, 0);
    }

    // Takes sent bytes off the front; gives back the messages that are through.
    LNetMessage? Advance(int sent, out int messages)
    {
        messages = 0;
        LNetMessage? done = _sendHead;
        LNetMessage? lastDone = null;
        bool inMessage = _headSent > 0;
        while (sent > 0)
        {
            int noops = _noopLength - _noopSent;
            if (!inMessage && noops > 0)
            {
                int part = Math.Min(noops, sent);
                _noopSent += part;
                sent -= part;
                continue;
            }
            inMessage = false;
            LNetMessage message = _sendHead!;
            int rest = HeaderSize + message.PayloadLength - _headSent;
            if (sent < rest)
            {
                _headSent += sent;
                break;
            }
            sent -= rest;
            _headSent = 0;
            lastDone = message;
            messages++;
            _sendHead = message.NextQueued;
        }
        if (_sendHead is null)
            _sendTail = null;
        if (lastDone is null)
            return null;
        lastDone.NextQueued = null;
        return done;
    }

    // The last one out closes the socket and says so to all that wait.
    void CloseSending()
    {
        LNetMessage? chain;
        using (_txLock.Enter())
        {
            SplicePending();
            chain = _sendHead;
            _sendHead = _sendTail = null;
            _queuedMessages = 0;
            _queuedBytes = 0;
        }
        if (_fd >= 0)
            _ = Libc.close(_fd);
        Complete(chain, _error);
    }

    /// <summary>Ends a chain of messages.</summary>
    public static void Complete(LNetMessage? chain, Errno status)
    {
        while (chain is not null)
        {
            LNetMessage? next = chain.NextQueued;
            chain.NextQueued = null;
            chain.Complete(status);
            chain = next;
        }
    }

    static byte* Pinned(byte[] array) =>
        (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));

    /// <summary>Memory for one sendmsg: vectors, and scratch for what is small.</summary>
    ref struct SendBatch(IoVec* vectors, byte* scratch)
    {
        const int LargestHeader = KsockWire.PrefixSize + LNetHeader.Nid16Size;

        int _scratchUsed;

        public int Count { get; private set; }

        public long Total { get; private set; }

        public readonly int ScratchLeft => ScratchSize - _scratchUsed;

        public readonly bool HasRoom =>
            ScratchLeft >= LargestHeader && Count < MaxSendVectors - 1 && Total < BatchBytes;

        /// <summary>
        /// The next <paramref name="length"/> bytes of scratch, part of what is sent; there must be so many.
        /// </summary>
        public Span<byte> TakeScratch(int length)
        {
            Lassert.That(length <= ScratchLeft);
            byte* start = scratch + _scratchUsed;
            _scratchUsed += length;
            Total += length;
            if (Count > 0 && vectors[Count - 1].Start + vectors[Count - 1].Length == start)
                vectors[Count - 1] = new IoVec(vectors[Count - 1].Start, vectors[Count - 1].Length + length);
            else
                vectors[Count++] = new IoVec(start, length);
            return new Span<byte>(start, length);
        }

        public bool TryAdd(IoVec vector)
        {
            if (Count == MaxSendVectors)
                return false;
            vectors[Count++] = vector;
            Total += vector.Length;
            return true;
        }
    }
}
