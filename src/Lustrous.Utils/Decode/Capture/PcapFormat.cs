using System.Buffers.Binary;

namespace Lustrous.Utils.Decode.Capture;

/// <summary>The classic format: a file header of 24 bytes, then records of 16 bytes and a frame.</summary>
/// <remarks>Source: draft-ietf-opsawg-pcap.</remarks>
sealed class PcapFormat : ICaptureFormat
{
    const uint MicrosecondMagic = 0xA1B2C3D4;
    const uint NanosecondMagic = 0xA1B23C4D;
    const int FileHeaderBytes = 24;
    const int RecordHeaderBytes = 16;

    // Damage is told from a long pause by this: a capture whose clock jumps further is read from the next good
    // record on.
    const uint MaxPauseSeconds = 30 * 86400;

    readonly CaptureInput _input;
    readonly bool _bigEndian, _nanoseconds;
    readonly LinkType _linkType;
    uint _lastSeconds;

    PcapFormat(CaptureInput input, bool bigEndian, bool nanoseconds, LinkType linkType) =>
        (_input, _bigEndian, _nanoseconds, _linkType) = (input, bigEndian, nanoseconds, linkType);

    public long PacketCount { get; private set; }

    public static PcapFormat? TryOpen(CaptureInput input)
    {
        ReadOnlySpan<byte> header = input.Peek(FileHeaderBytes).Span;
        if (header.Length < FileHeaderBytes)
            return null;
        bool bigEndian = BinaryPrimitives.ReadUInt32BigEndian(header) is MicrosecondMagic or NanosecondMagic;
        uint magic = Read(header, bigEndian);
        if (magic is not (MicrosecondMagic or NanosecondMagic))
            return null;
        // The upper bits of the link type tell of a frame check sequence.
        var linkType = (LinkType)(Read(header[20..], bigEndian) & 0xFFFF);
        input.Skip(FileHeaderBytes);
        return new PcapFormat(input, bigEndian, magic == NanosecondMagic, linkType);
    }

    public bool TryRead(out CapturePacket packet, out CaptureProblem? problem)
    {
        packet = default;
        problem = null;
        ReadOnlyMemory<byte> header = _input.Peek(RecordHeaderBytes);
        if (header.Length == 0)
            return false;
        if (header.Length < RecordHeaderBytes)
            return CutOff(header.Length, "the file ends inside a record header", out problem);
        if (!IsPlausible(header.Span))
            return FindNext(out problem);
        int captured = (int)Read(header.Span[8..], _bigEndian);
        ReadOnlyMemory<byte> record = _input.Peek(RecordHeaderBytes + captured);
        if (record.Length < RecordHeaderBytes + captured)
        {
            if (FindNext(out problem) && _input.Peek(1).Length > 0)
                return true;
            problem = problem! with { Text = $"the file ends inside a packet of {captured} bytes" };
            return true;
        }
        uint seconds = Read(record.Span, _bigEndian), fraction = Read(record.Span[4..], _bigEndian);
        PacketCount++;
        packet = new(
            PacketCount, _input.Offset, seconds * 1_000_000_000L + fraction * (_nanoseconds ? 1 : 1000L), _linkType,
            record[RecordHeaderBytes..], (int)Read(record.Span[12..], _bigEndian));
        _lastSeconds = seconds;
        _input.Skip(record.Length);
        return true;
    }

    bool CutOff(int rest, string what, out CaptureProblem? problem)
    {
        problem = new CaptureProblem(PacketCount, _input.Offset, what);
        _input.Skip(rest);
        return true;
    }

    /// <summary>Skips damage: to the next place where a record stands, with another or the end of the file behind
    /// it.</summary>
    bool FindNext(out CaptureProblem? problem)
    {
        long place = _input.Offset;
        long skipped = 0;
        do
        {
            _input.Skip(1);
            skipped++;
        }
        while (!StandsHere());
        // The packet that is lost keeps its number, so that later ones are numbered as far as can be told.
        PacketCount++;
        problem = new(PacketCount, place, $"damaged record: {skipped} bytes skipped to the next good one");
        return true;
    }

    bool StandsHere()
    {
        ReadOnlySpan<byte> header = _input.Peek(RecordHeaderBytes).Span;
        if (header.Length < RecordHeaderBytes)
        {
            _input.Skip(header.Length);
            return true;
        }
        if (!IsPlausible(header))
            return false;
        int length = RecordHeaderBytes + (int)Read(header[8..], _bigEndian);
        ReadOnlySpan<byte> ahead = _input.Peek(length + RecordHeaderBytes).Span;
        return ahead.Length == length
            || ahead.Length == length + RecordHeaderBytes && IsPlausible(ahead[length..]);
    }

    bool IsPlausible(ReadOnlySpan<byte> header)
    {
        uint seconds = Read(header, _bigEndian), fraction = Read(header[4..], _bigEndian);
        uint captured = Read(header[8..], _bigEndian), original = Read(header[12..], _bigEndian);
        return captured <= CaptureReader.MaxPacketBytes && original is > 0 and <= CaptureReader.MaxPacketBytes
            && captured <= original
            && fraction < (_nanoseconds ? 1_000_000_000 : 1_000_000)
            && (PacketCount == 0 || Math.Abs((long)seconds - _lastSeconds) <= MaxPauseSeconds);
    }

    static uint Read(ReadOnlySpan<byte> bytes, bool bigEndian) => bigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
        : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
