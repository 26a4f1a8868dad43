namespace Lustrous.Utils.Decode.Capture;

/// <summary>
/// One direction of a TCP connection: puts segments in order, drops what was sent twice, and says where the
/// recording lacks bytes. Memory is bounded: when too much waits behind a hole, the hole is given up.
/// </summary>
sealed class TcpReassembler(ITcpStreamSink sink)
{
    const int MaxWaitingBytes = 4 << 20;
    const int MaxWaitingSegments = 512;

    // What waits behind a hole, by position; copies, because a packet's bytes are only lent.
    readonly SortedDictionary<long, Waiting> _waiting = [];
    int _waitingBytes;
    uint _initialSequence;
    long _next;         // position after the last byte handed on; position 0 is _initialSequence + 1
    bool _started;

    /// <summary>Whether the connection's first byte was recorded.</summary>
    public bool SawStart { get; private set; }

    public bool Started => _started;

    public uint InitialSequence => _initialSequence;

    public void Start(uint sequenceOfFirstByte, bool sawStart)
    {
        _initialSequence = sequenceOfFirstByte;
        SawStart = sawStart;
        _started = true;
    }

    public void Segment(uint sequence, ReadOnlyMemory<byte> payload, int payloadLength, in StreamPlace place)
    {
        if (payloadLength == 0)
            return;
        if (!_started)
            Start(sequence, sawStart: false);
        long position = PositionOf(sequence);
        long end = position + payloadLength;
        if (end <= _next)
            return;
        if (position > _next)
        {
            Keep(position, payload, payloadLength, place);
            while (_waitingBytes > MaxWaitingBytes || _waiting.Count > MaxWaitingSegments)
                GiveUpHole(place);
            return;
        }
        Deliver(position, payload, payloadLength, place);
        DeliverWaiting();
    }

    /// <summary>The receiver has everything up to here: a hole before it is one of the recording, not of the
    /// network.</summary>
    public void Acknowledged(uint sequence, in StreamPlace place)
    {
        if (!_started || _waiting.Count == 0)
            return;
        long position = PositionOf(sequence);
        while (_waiting.Count > 0 && First().Key <= position)
            GiveUpHole(place);
    }

    /// <summary>No more packets will come.</summary>
    public void Finish(in StreamPlace place)
    {
        while (_waiting.Count > 0)
            GiveUpHole(place);
        sink.End(place);
    }

    // Sequence numbers wrap; the nearest position to where the stream stands is meant.
    long PositionOf(uint sequence) => _next + (int)(sequence - (_initialSequence + (uint)_next));

    void Deliver(long position, ReadOnlyMemory<byte> payload, int payloadLength, in StreamPlace place)
    {
        int old = (int)(_next - position);
        if (payload.Length > old)
        {
            sink.Bytes(payload.Span[old..], place);
            _next = position + payload.Length;
        }
        if (position + payloadLength > _next)
        {
            // The recording cut the frame short.
            sink.Missing(position + payloadLength - _next, place);
            _next = position + payloadLength;
        }
    }

    void DeliverWaiting()
    {
        while (_waiting.Count > 0 && First() is var (position, waiting) && position <= _next)
        {
            Forget(position, waiting);
            if (position + waiting.Length > _next)
                Deliver(position, waiting.Bytes, waiting.Length, waiting.Place);
        }
    }

    void GiveUpHole(in StreamPlace place)
    {
        long position = First().Key;
        if (position > _next)
        {
            sink.Missing(position - _next, place);
            _next = position;
        }
        DeliverWaiting();
    }

    void Keep(long position, ReadOnlyMemory<byte> payload, int length, in StreamPlace place)
    {
        if (_waiting.TryGetValue(position, out Waiting known))
        {
            if (known.Length >= length)
                return;
            Forget(position, known);
        }
        _waiting[position] = new(payload.ToArray(), length, place);
        _waitingBytes += payload.Length;
    }

    void Forget(long position, Waiting waiting)
    {
        _waiting.Remove(position);
        _waitingBytes -= waiting.Bytes.Length;
    }

    KeyValuePair<long, Waiting> First()
    {
        using SortedDictionary<long, Waiting>.Enumerator all = _waiting.GetEnumerator();
        all.MoveNext();
        return all.Current;
    }

    readonly record struct Waiting(byte[] Bytes, int Length, StreamPlace Place);
}

/// <summary>The packet that brought bytes.</summary>
readonly record struct StreamPlace(long PacketNumber, long FileOffset, long TimeNanoseconds);

/// <summary>Takes one direction of a connection in order.</summary>
interface ITcpStreamSink
{
    void Bytes(ReadOnlySpan<byte> bytes, in StreamPlace place);

    /// <summary>The peers exchanged <paramref name="count"/> bytes here that the recording lacks.</summary>
    void Missing(long count, in StreamPlace place);

    void End(in StreamPlace place);
}
