using System.Runtime.InteropServices;
using Lustrous.Idl.Llog;

namespace Lustrous.Obdclass.Llog;

/// <summary>Walks the records of one chunk, as a log holds it and as LLOG_ORIGIN_HANDLE_NEXT_BLOCK carries
/// it.</summary>
/// <remarks>Source: llog_process_thread and llog_verify_record, lustre/obdclass/llog.c.</remarks>
public ref struct LlogChunkReader(ReadOnlySpan<byte> chunk)
{
    ReadOnlySpan<byte> _left = chunk;

    /// <summary>The record that <see cref="MoveNext"/> stands on.</summary>
    public LlogRecord Current { get; private set; }

    /// <summary><c>OK</c> at a proper end (the chunk is used up, or only zeroes follow); EPROTO where a record is
    /// damaged.</summary>
    public Errno Error { get; private set; }

    /// <summary>Bytes not read yet: after the end, the unused rest of the chunk; after an error, from the damage
    /// on.</summary>
    public readonly int BytesLeft => _left.Length;

    public bool MoveNext()
    {
        // Zeroes after the last record are space that was never written.
        if (_left.Length < LlogConst.MIN_REC_SIZE || MemoryMarshal.Read<uint>(_left) == 0)
            return false;

        LlogRecHdr header = MemoryMarshal.Read<LlogRecHdr>(_left);
        if (!LlogFormat.IsSane(header, _left.Length))
            return Stop();

        ReadOnlySpan<byte> record = _left[..(int)header.Length];
        LlogRecTail tail = MemoryMarshal.Read<LlogRecTail>(record[^LlogFormat.TailSize..]);
        if (tail.Length != header.Length || tail.Index != header.Index)
            return Stop();

        Current = new LlogRecord
        {
            Index = header.Index,
            Type = header.Type,
            Id = header.Id,
            Body = record[LlogFormat.HeaderSize..^LlogFormat.TailSize],
        };
        _left = _left[record.Length..];
        return true;
    }

    bool Stop()
    {
        Error = Errno.EPROTO;
        return false;
    }
}
