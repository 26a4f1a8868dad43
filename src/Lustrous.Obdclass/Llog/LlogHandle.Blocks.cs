using System.Runtime.InteropServices;
using Lustrous.Idl.Llog;

namespace Lustrous.Obdclass.Llog;

// Whole chunks, as a remote reader fetches them, and records that are overwritten in their place.
public sealed partial class LlogHandle
{
    /// <summary>
    /// Finds the chunk that holds the record <paramref name="wanted"/>, or the first one behind it, from
    /// <paramref name="offset"/> on (<c>llog_next_block</c>). What the chunk does not fill is zeroed.
    /// </summary>
    /// <param name="wanted">Index of the record that is looked for.</param>
    /// <param name="lastIndex">Becomes the last record of the chunk that was found, or of the log.</param>
    /// <param name="offset">Becomes the end of what was read.</param>
    /// <param name="into">A chunk.</param>
    /// <returns>EBADR when no record of this or a higher index is there: the end of the log.</returns>
    /// <remarks>Source: llog_osd_next_block, lustre/obdclass/llog_osd.c.</remarks>
    public Errno NextBlock(uint wanted, ref uint lastIndex, ref long offset, Span<byte> into)
    {
        if (into.Length != ChunkSize || offset < 0)
            return Errno.EINVAL;
        offset &= -ChunkSize;
        if (offset == 0)
            offset = ChunkSize; // what is in front of it is the header
        into.Clear();
        while (offset < _storage.SizeBytes)
        {
            Span<byte> bytes = into[..(int)Math.Min(ChunkSize, _storage.SizeBytes - offset)];
            Errno error = _storage.Read(offset, bytes);
            if (error != Errno.OK)
                return error;
            into[bytes.Length..].Clear();
            offset += bytes.Length;
            var reader = new LlogChunkReader(bytes);
            while (reader.MoveNext())
                lastIndex = reader.Current.Index;
            if (reader.Error != Errno.OK)
                return reader.Error;
            if (lastIndex >= wanted)
                return Errno.OK;
        }
        return Errno.EBADR;
    }

    /// <summary>Overwrites a record with one of the same size; ENOENT when there is none of this index, EINVAL when the
    /// size differs.</summary>
    public Errno Rewrite(uint index, LlogRecordType type, ReadOnlySpan<byte> body, uint id = 0)
    {
        if (index == 0 || !IsLive(index))
            return Errno.ENOENT;
        Result<long> found = Find(index, LlogFormat.RecordSize(body.Length));
        return found.Failed
            ? found.Error
            : WriteRecord(found.Value, LlogFormat.RecordSize(body.Length), type, index, id, body);
    }

    Result<long> Find(uint index, int size)
    {
        var chunk = new byte[ChunkSize];
        for (long start = ChunkSize; start < _storage.SizeBytes; start += ChunkSize)
        {
            Span<byte> bytes = chunk.AsSpan(0, (int)Math.Min(ChunkSize, _storage.SizeBytes - start));
            Errno error = _storage.Read(start, bytes);
            if (error != Errno.OK)
                return error;
            for (int at = 0; at + LlogConst.MIN_REC_SIZE <= bytes.Length;)
            {
                LlogRecHdr header = MemoryMarshal.Read<LlogRecHdr>(bytes[at..]);
                if (!LlogFormat.IsSane(header, bytes.Length - at))
                    break;
                if (header.Index == index)
                    return header.Length == size ? start + at : Errno.EINVAL;
                at += (int)header.Length;
            }
        }
        return Errno.ENOENT;
    }
}
