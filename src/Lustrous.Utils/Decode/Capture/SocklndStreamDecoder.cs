using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.LNet;

namespace Lustrous.Utils.Decode.Capture;

/// <summary>
/// Cuts one direction of a connection into socklnd's pieces. After bytes that are missing or make no sense it looks
/// for the next LNet header and goes on there; holds at most one message.
/// </summary>
public sealed class SocklndStreamDecoder : ITcpStreamSink
{
    readonly CapturedConnection _connection;
    readonly CaptureDirection _direction;
    readonly ICaptureSink _sink;
    readonly CaptureStatistics _statistics;

    byte[] _buffer = new byte[64 << 10];
    int _start, _end;
    long _offset;           // stream offset of _start, without what is missing
    bool _opening = true;   // an acceptor request or a HELLO may come
    bool _searching;
    long _skipped;          // bytes passed over since the search began
    long _ignore;           // bytes of a message that lacks some before them
    StreamPlace _searchPlace;

    internal SocklndStreamDecoder(
        CapturedConnection connection, CaptureDirection direction, ICaptureSink sink, CaptureStatistics statistics) =>
        (_connection, _direction, _sink, _statistics) = (connection, direction, sink, statistics);

    void ITcpStreamSink.Bytes(ReadOnlySpan<byte> bytes, in StreamPlace place)
    {
        _statistics.StreamBytes += bytes.Length;
        int ignored = (int)Math.Min(_ignore, bytes.Length);
        _ignore -= ignored;
        _offset += ignored;
        _statistics.UndecodedBytes += ignored;
        Append(bytes[ignored..]);
        Decode(place);
    }

    void ITcpStreamSink.Missing(long count, in StreamPlace place)
    {
        _statistics.MissingBytes += count;
        // Inside a message of known length the end is known too, so its neighbour is found without searching.
        int held = _end - _start;
        int whole = _searching ? 0 : PieceLength();
        long rest = _ignore > 0 ? _ignore - count : whole > held ? whole - held - count : -1;
        string what = whole > held ? $", inside a message of {whole}" : "";
        Report(place, $"{count} bytes are missing{what}", missing: count, undecoded: held);
        _offset += held + count;
        _statistics.UndecodedBytes += held;
        _start = _end = 0;
        _opening = false;
        _ignore = Math.Max(0, rest);
        if (rest < 0)
            BeginSearch(place);
    }

    void ITcpStreamSink.End(in StreamPlace place)
    {
        int held = _end - _start;
        long lost = _skipped + held;
        if (_searching && lost > 0)
            Report(_searchPlace, $"{lost} bytes without a message to the stream's end", undecoded: lost);
        else if (held > 0 || _ignore > 0)
            Report(place, $"the stream ends inside a message: {held} bytes of {PieceText()}", undecoded: held);
        _statistics.UndecodedBytes += held;
        _start = _end = 0;
        _ignore = 0;
    }

    void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _end < bytes.Length)
        {
            int held = _end - _start;
            byte[] room = held + bytes.Length <= _buffer.Length / 2
                ? _buffer
                : new byte[Math.Max(_buffer.Length * 2, held + bytes.Length)];
            _buffer.AsSpan(_start.._end).CopyTo(room);
            _buffer = room;
            (_start, _end) = (0, held);
        }
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    void Decode(in StreamPlace place)
    {
        while (_end > _start)
        {
            if (_searching && !Search())
                return;
            int length = PieceLength();
            if (length == SocklndFraming.Unknown)
                return;
            if (length == SocklndFraming.Invalid)
            {
                BeginSearch(place);
                Pass(1);
                continue;
            }
            if (_searching)
                EndSearch();
            if (length > _end - _start)
                return;
            Emit(length, place);
        }
        (_start, _end) = (0, 0);
    }

    int PieceLength()
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start.._end);
        if (bytes.Length < 4)
            return SocklndFraming.Unknown;
        if (_opening && SocklndFraming.IsOpening(MemoryMarshal.Read<uint>(bytes)))
        {
            int opening = SocklndFraming.OpeningLength(bytes);
            if (opening != SocklndFraming.Invalid)
                return opening;
        }
        int nidBytes = _connection.NidBytes;
        int length = SocklndFraming.MessageLength(bytes, ref nidBytes);
        if (length > 0)
            _connection.NidBytes = nidBytes;
        return length;
    }

    void BeginSearch(in StreamPlace place)
    {
        if (_searching)
            return;
        _searching = true;
        _skipped = 0;
        _searchPlace = place;
    }

    /// <summary>Whether something that can be judged stands at the start now.</summary>
    bool Search()
    {
        // The first place after a hole is often right; a bare NOOP is believed only there.
        while (_end - _start >= 4)
        {
            int nidBytes = _connection.NidBytes;
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start.._end);
            int length = SocklndFraming.MessageLength(bytes, ref nidBytes);
            bool believed = length > SocklndFraming.MessageHeaderBytes || length > 0 && _skipped == 0;
            if (believed)
                return true;
            if (length == SocklndFraming.Unknown)
                return false;
            Pass(1);
        }
        return false;
    }

    void Pass(int count)
    {
        _start += count;
        _offset += count;
        _skipped += count;
        _statistics.UndecodedBytes += count;
    }

    void EndSearch()
    {
        _searching = false;
        if (_skipped > 0)
            Report(_searchPlace, $"{_skipped} bytes that are no message", undecoded: _skipped);
    }

    void Emit(int length, in StreamPlace place)
    {
        ReadOnlyMemory<byte> bytes = _buffer.AsMemory(_start, length);
        CapturedItem item = Read(bytes, place);
        _opening = item.Kind == CapturedItemKind.AcceptorRequest;
        if (item.Kind == CapturedItemKind.Hello)
            _connection.NidBytes = item.Hello.Version == KsockProtocol.V4 ? 20 : 8;
        _start += length;
        _offset += length;
        _statistics.ItemBytes += length;
        _statistics.Items++;
        _sink.Item(item);
    }

    CapturedItem Read(ReadOnlyMemory<byte> bytes, in StreamPlace place)
    {
        ReadOnlySpan<byte> wire = bytes.Span;
        uint magic = MemoryMarshal.Read<uint>(wire);
        bool swabbed = SocklndFraming.IsSwabbed(magic);
        var item = new CapturedItem
        {
            Kind = CapturedItemKind.Noop,
            Connection = _connection,
            Direction = _direction,
            TimeNanoseconds = place.TimeNanoseconds,
            PacketNumber = place.PacketNumber,
            StreamOffset = _offset,
            Bytes = bytes,
        };
        switch (SocklndFraming.Read(wire, swabbed))
        {
            case LNetProtocol.ACCEPTOR_MAGIC:
                uint version = SocklndFraming.Read(wire[4..], swabbed);
                return item with
                {
                    Kind = CapturedItemKind.AcceptorRequest,
                    AcceptorVersion = version,
                    AcceptorNid = version == 1
                        ? Nid.FromNid4(SocklndFraming.Read64(wire[8..], swabbed))
                        : MemoryMarshal.Read<Nid>(wire[8..]),
                };
            case LNetProtocol.MAGIC:
                return item with { Kind = CapturedItemKind.Hello, Hello = ReadHello(wire, swabbed) };
            default:
                item = item with
                {
                    Checksum = SocklndFraming.Read(wire[4..], swabbed),
                    ZeroCopyRequest = SocklndFraming.Read64(wire[8..], swabbed),
                    ZeroCopyAck = SocklndFraming.Read64(wire[16..], swabbed),
                };
                if (wire.Length == SocklndFraming.MessageHeaderBytes)
                    return item;
                bool large = _connection.NidBytes == 20;
                ReadOnlySpan<byte> header = wire[SocklndFraming.MessageHeaderBytes..];
                int payload = SocklndFraming.MessageHeaderBytes + (large ? LNetHeader.Nid16Size : LNetHeader.Nid4Size);
                return item with
                {
                    Kind = CapturedItemKind.LNetMessage,
                    Header = large ? LNetHeader.ReadNid16(header) : LNetHeader.ReadNid4(header),
                    Payload = bytes[payload..],
                };
        }
    }

    static CapturedHello ReadHello(ReadOnlySpan<byte> wire, bool swabbed)
    {
        uint version = SocklndFraming.Read(wire[4..], swabbed);
        bool large = version == KsockProtocol.V4;
        int nid = large ? 20 : 8;
        ReadOnlySpan<byte> rest = wire[(8 + 2 * nid)..];
        return new CapturedHello(
            version,
            large ? MemoryMarshal.Read<Nid>(wire[8..]) : Nid.FromNid4(SocklndFraming.Read64(wire[8..], swabbed)),
            large ? MemoryMarshal.Read<Nid>(wire[28..]) : Nid.FromNid4(SocklndFraming.Read64(wire[16..], swabbed)),
            SocklndFraming.Read(rest, swabbed), SocklndFraming.Read(rest[4..], swabbed),
            SocklndFraming.Read64(rest[8..], swabbed), SocklndFraming.Read64(rest[16..], swabbed),
            (SocklndConnectionType)SocklndFraming.Read(rest[24..], swabbed),
            (int)SocklndFraming.Read(rest[28..], swabbed));
    }

    string PieceText() => PieceLength() is > 0 and var length ? $"{length}" : "one of unknown length";

    void Report(in StreamPlace place, string text, long missing = 0, long undecoded = 0)
    {
        _statistics.Problems++;
        _sink.Problem(new CaptureProblem(place.PacketNumber, place.FileOffset, text)
        {
            Connection = _connection,
            Direction = _direction,
            StreamOffset = _offset,
            MissingBytes = missing,
            UndecodedBytes = undecoded,
        });
    }
}
