using System.Runtime.CompilerServices;
using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// Receiving. Small messages are read many at a time into the scheduler's buffer and parsed in place; of a large
/// payload only what came along with its header is copied, the rest goes from the socket straight to where it belongs.
/// </summary>
/// <remarks>
/// Everything runs on the scheduler's thread. Events are edge-triggered: after one, the socket is read until it is
/// empty, which a short read shows; see <c>epoll(7)</c>. Source of the protocol: ksocknal_process_receive in
/// socklnd_cb.c.
/// </remarks>
sealed unsafe partial class KsockConn
{
    const int SmallRead = 16 << 10, LargePayload = 32 << 10;
    const int TurnBytes = 2 << 20;      // then others have a turn
    const int MaxVectors = 64;
    const int CorkLimit = 16;           // replies held back before they are sent although more requests are at hand
    const int MaxPendingAcks = 1024;

    readonly LNetReceive _receive = new();
    bool _receiving;                // _receive is in LNet's books: it must be completed
    int _wanted, _discard;          // payload bytes still to come: to the destination, then to be thrown away
    int _fragment, _fragmentOffset; // where in the destination the next byte goes
    int _readLimit = SmallRead;     // most bytes to read before headers are looked at
    bool _hangup;                   // the peer has closed: read until the end shows
    volatile bool _paused;          // not read because its peer does not read our answers
    bool _hasTurn;                  // is in the scheduler's list
    uint _wireChecksum, _checksum;
    ulong _ackCookie;               // to be acknowledged once the message is complete
    long _lastHeard;                // ticks; read by the timer
    volatile bool _midMessage;      // a message has begun and is not complete; read by the timer

    /// <summary>When the last bytes came.</summary>
    public long LastHeard => Volatile.Read(ref _lastHeard);

    /// <summary>Whether the peer stopped in the middle of a message.</summary>
    public bool IsMidMessage => _midMessage;

    public bool IsPaused => _paused;

    void OnReadable()
    {
        if (_phase != KsockPhase.Open || _hasTurn)
            return;
        int left = TurnBytes;
        while (!_closing)
        {
            if (Peer!.IsBacklogged && Pause())
                break;
            int room;
            nint got = _wanted > 0 ? ReadPayload(out room) : ReadHeaders(out room);
            if (got <= 0)
            {
                Errno error = got < 0 ? Libc.LastError : Errno.OK;
                if (error == Errno.EINTR)
                    continue;
                if (error != Errno.EAGAIN)
                    FailReading(error);
                break;
            }
            if (got < room && !_hangup)
                break;
            left -= (int)got;
            if (left <= 0)
            {
                GiveWay();
                break;
            }
        }
        _midMessage = _wanted + _discard + _savedLength > 0;
    }

    public override void OnTurn()
    {
        _hasTurn = false;
        OnReadable();
    }

    void GiveWay()
    {
        if (_closing)
            return;
        _hasTurn = true;
        Sched.RunAgain(this);
    }

    // Stops reading from a peer that lets our answers pile up; Resume takes it up again.
    bool Pause()
    {
        _paused = true;
        Peer!.HasPausedReaders = true;
        Interlocked.MemoryBarrier();
        if (Peer.IsBacklogged)
            return true;
        _paused = false;
        return false;
    }

    /// <summary>Reads on; any thread.</summary>
    public void Resume()
    {
        if (!_paused)
            return;
        _paused = false;
        Sched.Post(this, ResumeCommand);
    }

    void FailReading(Errno error)
    {
        bool started = _wanted + _discard + _savedLength > 0;
        if (error != Errno.OK)
            End(error, $"error on read: {error}");
        else if (started)
            Fail(Errno.ECONNRESET, "closed in the middle of a message");
        else
            End(Errno.ECONNRESET);
    }

    // The beginning of a message, or as many messages as there are.
    nint ReadHeaders(out int room)
    {
        byte* buffer = Sched.ReadBuffer;
        int saved = _savedLength;
        if (saved > 0)
            Unsafe.CopyBlockUnaligned(buffer, SavedStart, (uint)saved);
        int limit = _discard > 0 ? KsockSched.ReadBufferSize : _readLimit;
        room = limit - saved;
        nint got = Libc.recv(_fd, buffer + saved, room, Libc.MSG_DONTWAIT);
        if (got <= 0)
            return got;
        _savedLength = 0;
        if (got == room && _readLimit < KsockSched.ReadBufferSize)
            _readLimit *= 2;
        Heard();
        ParseBytes(buffer, saved + (int)got);
        return got;
    }

    // The rest of a payload to its destination, and behind it the beginning of the next message.
    nint ReadPayload(out int room)
    {
        IoVec* vectors = stackalloc IoVec[MaxVectors + 1];
        ReadOnlySpan<IoVec> destination = _receive.Destination;
        int count = 0;
        int direct = 0;
        int offset = _fragmentOffset;
        for (int i = _fragment; direct < _wanted && count < MaxVectors; i++)
        {
            int length = Math.Min(destination[i].Length - offset, _wanted - direct);
            vectors[count++] = destination[i].Slice(offset, length);
            direct += length;
            offset = 0;
        }
        room = direct;
        if (direct == _wanted)
        {
            vectors[count++] = new IoVec(Sched.ReadBuffer, SmallRead);
            room += SmallRead;
        }
        nint got = Libc.readv(_fd, vectors, count);
        if (got <= 0)
            return got;
        Heard();
        int placed = Math.Min((int)got, direct);
        Placed(placed);
        if (_wanted + _discard == 0)
            EndMessage();
        if (got > placed && !_closing)
            ParseBytes(Sched.ReadBuffer, (int)got - placed);
        return got;
    }

    void Heard()
    {
        Volatile.Write(ref _lastHeard, _lnd.Now);
        if (_lnd.Tunables.EagerAck)
            Libc.SetOption(_fd, Libc.IPPROTO_TCP, Libc.TCP_QUICKACK, 1);
    }

    // Accounts for bytes that are in the destination now.
    void Placed(int count)
    {
        _wanted -= count;
        ReadOnlySpan<IoVec> destination = _receive.Destination;
        while (count > 0)
        {
            ref readonly IoVec fragment = ref destination[_fragment];
            int here = Math.Min(fragment.Length - _fragmentOffset, count);
            if (_wireChecksum != 0)
                _checksum = KsockChecksum.Add(_checksum, fragment.Span.Slice(_fragmentOffset, here));
            _fragmentOffset += here;
            count -= here;
            if (_fragmentOffset == fragment.Length)
            {
                _fragment++;
                _fragmentOffset = 0;
            }
        }
    }

    // Messages, whole or in part; keeps an incomplete header for the next read.
    void ParseBytes(byte* bytes, int length)
    {
        while (length > 0 && !_closing)
        {
            int used = _wanted + _discard > 0 ? TakePayload(bytes, length) : TakeHeader(bytes, length);
            if (used == 0)
                break;
            bytes += used;
            length -= used;
        }
        if (_closing || length == 0)
            return;
        Lassert.That(length < _saved.Length);
        Unsafe.CopyBlockUnaligned(SavedStart, bytes, (uint)length);
        _savedLength = length;
    }

    int TakePayload(byte* bytes, int length)
    {
        int used;
        if (_wanted > 0)
        {
            ReadOnlySpan<IoVec> destination = _receive.Destination;
            while (_fragmentOffset == destination[_fragment].Length)
            {
                _fragment++;        // an empty fragment
                _fragmentOffset = 0;
            }
            IoVec fragment = destination[_fragment];
            used = Math.Min(Math.Min(_wanted, length), fragment.Length - _fragmentOffset);
            Unsafe.CopyBlockUnaligned(fragment.Start + _fragmentOffset, bytes, (uint)used);
            Placed(used);
        }
        else
        {
            used = Math.Min(_discard, length);
            if (_wireChecksum != 0)
                _checksum = KsockChecksum.Add(_checksum, new ReadOnlySpan<byte>(bytes, used));
            _discard -= used;
        }
        if (_wanted + _discard == 0)
            EndMessage();
        return used;
    }

    // One prefix and, unless it is a NOOP, the LNet header behind it; 0 when they are not complete.
    int TakeHeader(byte* bytes, int length)
    {
        if (length < KsockWire.PrefixSize)
            return 0;
        ReadOnlySpan<byte> prefix = new(bytes, KsockWire.PrefixSize);
        uint type = KsockWire.Read32(prefix, _swapped);
        if (type is not (KsockWire.LNet or KsockWire.Noop))
        {
            Fail(Errno.EPROTO, $"message of unknown type {type:x}");
            return 0;
        }
        int headerSize = type == KsockWire.Noop ? 0
            : Version >= KsockWire.Version4 ? LNetHeader.Nid16Size : LNetHeader.Nid4Size;
        int size = KsockWire.PrefixSize + headerSize;
        if (length < size)
            return 0;
        _wireChecksum = KsockWire.Read32(prefix[4..], _swapped);
        if (_wireChecksum != 0)
            SeedChecksum(new ReadOnlySpan<byte>(bytes, size));
        ulong cookie0 = KsockWire.Read64(prefix[8..], _swapped);
        ulong cookie1 = KsockWire.Read64(prefix[16..], _swapped);
        if (cookie1 != 0 && !TakeAck(type == KsockWire.Noop ? cookie0 : 0, cookie1))
            return 0;
        if (type == KsockWire.LNet)
            TakeMessage(new ReadOnlySpan<byte>(bytes + KsockWire.PrefixSize, headerSize), cookie0);
        else if (_wireChecksum != 0 && _wireChecksum != _checksum)
            FailChecksum();
        return _closing ? 0 : size;
    }

    void SeedChecksum(ReadOnlySpan<byte> header)
    {
        _checksum = KsockChecksum.Seed;
        if (Version > KsockWire.Version2)
            return;
        // Version 2 sums the headers too, with the sum itself as zero.
        _checksum = KsockChecksum.Add(_checksum, header[..4]);
        _checksum = KsockChecksum.Add(_checksum, [0, 0, 0, 0]);
        _checksum = KsockChecksum.Add(_checksum, header[8..]);
    }

    // We ask for no acks, so the only one that may come is the question whether we live (ksocknal_handle_zcack).
    bool TakeAck(ulong first, ulong last)
    {
        if (last == KsockWire.KeepaliveCookie && first <= last && Version > KsockWire.Version2)
            return true;
        Fail(Errno.EPROTO, $"acknowledges unknown cookies {first}, {last}");
        return false;
    }

    void TakeMessage(ReadOnlySpan<byte> wire, ulong cookie)
    {
        LNetHeader header = Version >= KsockWire.Version4 ? LNetHeader.ReadNid16(wire) : LNetHeader.ReadNid4(wire);
        if (header.PayloadLength > LNetNode.MaxPayload)
        {
            Fail(Errno.EPROTO, $"message with a payload of {header.PayloadLength} bytes");
            return;
        }
        int payload = (int)header.PayloadLength;
        LNetInterface ni = Net!.Ni;
        Errno error = ni.Upcalls.Parse(ni, header, Peer!.Nid, _receive);
        if (error != Errno.OK)
        {
            Fail(error, $"sent garbage: {error}");
            return;
        }
        _receiving = true;
        _ackCookie = cookie;
        _wanted = _receive.DestinationLength;
        Lassert.That((uint)_wanted <= (uint)payload, "LNet wants more of a message than it has");
        _discard = payload - _wanted;
        _fragment = 0;
        _fragmentOffset = _receive.DestinationOffset;
        if (payload >= LargePayload)
            _readLimit = SmallRead;
        if (payload == 0)
            EndMessage();
    }

    void EndMessage()
    {
        // An untouched sum is that of a version-3 message without payload: nothing to compare.
        if (_wireChecksum != 0 && _wireChecksum != _checksum && _checksum != KsockChecksum.Seed)
        {
            FailChecksum();
            return;     // Teardown completes the receive with the error
        }
        _receiving = false;
        if (_ackCookie != 0 && !QueueAck(_ackCookie))
        {
            Fail(Errno.ENOBUFS, "does not read the acks it asks for");
            _receive.Complete(Errno.ENOBUFS);
            return;
        }
        _receive.Complete(Errno.OK);
        if (Sched.CorkedMessages >= CorkLimit)
            Sched.FlushCorked();
    }

    void FailChecksum() => Fail(Errno.EIO, $"checksum error, wire {_wireChecksum:x8}, data {_checksum:x8}");
}
