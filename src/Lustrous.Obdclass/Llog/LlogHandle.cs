using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Llog;
using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Obdclass.Llog;

/// <summary>
/// One plain log: a header with a bitmap of the live records, then records in chunks that none of them straddles. Not
/// thread-safe: a log has one writer, and its owner keeps readers and the writer apart.
/// </summary>
/// <remarks>Source: llog_osd_write_rec and llog_cancel_rec, lustre/obdclass/llog_osd.c and llog.c.</remarks>
public sealed partial class LlogHandle
{
    readonly ILlogStorage _storage;
    readonly byte[] _header; // the whole header chunk: LlogLogHdr, bitmap, tail

    LlogHandle(ILlogStorage storage, byte[] header)
    {
        _storage = storage;
        _header = header;
    }

    /// <summary>Bytes of a chunk, and of the header.</summary>
    public int ChunkSize => _header.Length;

    /// <summary>Live records, without the header's own count of one.</summary>
    public uint Count => Header.Count - 1;

    /// <summary>Index of the last record that was written; 0 when there is none.</summary>
    public uint LastIndex => Tail.Index;

    /// <summary>The largest index that the bitmap has a bit for.</summary>
    public uint MaxIndex => (uint)((ChunkSize - Header.BitmapOffset - LlogFormat.TailSize) * 8) - 1;

    public LlogFlags Flags => Header.Flags;

    /// <summary>Whose log it is, as given when it was made.</summary>
    public ObdUuid User => Header.TargetUuid;

    /// <summary>When it was made.</summary>
    public long UnixSeconds => Header.Timestamp;

    /// <summary>The header chunk, as LLOG_ORIGIN_HANDLE_READ_HEADER answers it.</summary>
    public ReadOnlySpan<byte> HeaderChunk => _header;

    ref LlogLogHdr Header => ref MemoryMarshal.AsRef<LlogLogHdr>(_header.AsSpan());

    ref LlogRecTail Tail =>
        ref MemoryMarshal.AsRef<LlogRecTail>(_header.AsSpan(ChunkSize - LlogFormat.TailSize));

    Span<byte> Bitmap => _header.AsSpan((int)Header.BitmapOffset..^LlogFormat.TailSize);

    /// <summary>Starts a log in an empty storage. Nothing is written before its first record.</summary>
    /// <param name="uuid">Names the log's user; config logs say <c>config_uuid</c>.</param>
    public static LlogHandle Create(ILlogStorage storage, in ObdUuid uuid, long unixSeconds)
    {
        Lassert.That(storage.SizeBytes == 0);
        var log = new LlogHandle(storage, new byte[LlogConst.MIN_CHUNK_SIZE]);
        ref LlogLogHdr header = ref log.Header;
        header.Header.Length = (uint)log.ChunkSize;
        header.Header.Type = LlogRecordType.LLOG_HDR_MAGIC;
        header.Timestamp = unixSeconds;
        header.Count = 1; // the header counts itself
        header.BitmapOffset = (uint)BitmapOffset;
        header.Flags = LlogFlags.IS_PLAIN;
        header.TargetUuid = uuid;
        log.Bitmap[0] = 1;
        log.Tail.Length = (uint)log.ChunkSize;
        return log;
    }

    /// <summary>Opens what a storage holds; EPROTO when it is no plain log, ENODATA when it is empty.</summary>
    public static Result<LlogHandle> Open(ILlogStorage storage)
    {
        if (storage.SizeBytes == 0)
            return Errno.ENODATA;
        if (storage.SizeBytes < LlogConst.MIN_CHUNK_SIZE)
            return Errno.EPROTO;

        LlogRecHdr first = default;
        Errno error = storage.Read(0, MemoryMarshal.AsBytes(new Span<LlogRecHdr>(ref first)));
        if (error != Errno.OK)
            return error;
        // Readers split a log by its chunk size, which therefore is a power of two (kernel clients assert it).
        if (first.Type != LlogRecordType.LLOG_HDR_MAGIC || first.Length < LlogConst.MIN_CHUNK_SIZE
            || first.Length > MaxChunkSize || !uint.IsPow2(first.Length) || first.Length > storage.SizeBytes)
            return Errno.EPROTO;

        var header = new byte[first.Length];
        error = storage.Read(0, header);
        if (error != Errno.OK)
            return error;
        var log = new LlogHandle(storage, header);
        return log.IsHeaderSane() ? log : Errno.EPROTO;
    }

    /// <summary>Adds a record and says its index; E2BIG when it does not fit a chunk, ENOSPC when the log is full,
    /// EPROTO when the log was cut off inside a record.</summary>
    public Result<uint> Append(LlogRecordType type, ReadOnlySpan<byte> body, uint id = 0)
    {
        int size = LlogFormat.RecordSize(body.Length);
        if (size > ChunkSize)
            return Errno.E2BIG;

        long offset = _storage.SizeBytes == 0 ? ChunkSize : _storage.SizeBytes;
        uint index = LastIndex + 1;
        int left = ChunkSize - (int)(offset & (ChunkSize - 1));
        if (left % 8 != 0 || left < LlogConst.MIN_REC_SIZE)
            return Errno.EPROTO;    // it ends inside a record: what is written behind that nobody could read
        // What is left of the chunk is filled when the record, and the smallest possible pad behind it, do not fit.
        bool pad = left != size && left < size + LlogConst.MIN_REC_SIZE;
        if (index + (pad ? 1 : 0) > MaxIndex)
            return Errno.ENOSPC;

        if (pad)
        {
            Errno padded = WriteRecord(offset, left, LlogRecordType.LLOG_PAD_MAGIC, index++, 0, []);
            if (padded != Errno.OK)
                return padded;
            offset += left;
        }
        Errno written = WriteRecord(offset, size, type, index, id, body);
        if (written != Errno.OK)
            return written;
        written = Publish(index, size);
        return written == Errno.OK ? index : written;
    }

    /// <summary>Takes a record out of the bitmap; ENOENT when it is not live.</summary>
    public Errno Cancel(uint index)
    {
        if (index == 0 || !IsLive(index))
            return Errno.ENOENT;
        Bitmap[(int)(index / 8)] &= (byte)~(1 << (int)(index % 8));
        Header.Count--;
        return _storage.Write(0, _header);
    }

    public bool IsLive(uint index) => index <= MaxIndex && (Bitmap[(int)(index / 8)] & 1 << (int)(index % 8)) != 0;

    /// <summary>What <see cref="Process"/> calls with each record; anything but <c>OK</c> ends it.</summary>
    public delegate Errno RecordVisitor(in LlogRecord record);

    /// <summary>
    /// Shows the live records from <paramref name="startIndex"/> on, in order. EPROTO where the log is damaged: what
    /// came before has been shown.
    /// </summary>
    public Errno Process(RecordVisitor visitor, uint startIndex = 1)
    {
        var chunk = new byte[ChunkSize];
        for (long offset = ChunkSize; offset < _storage.SizeBytes; offset += ChunkSize)
        {
            Span<byte> bytes = chunk.AsSpan(0, (int)Math.Min(ChunkSize, _storage.SizeBytes - offset));
            Errno error = _storage.Read(offset, bytes);
            if (error != Errno.OK)
                return error;
            var reader = new LlogChunkReader(bytes);
            while (reader.MoveNext())
            {
                LlogRecord record = reader.Current;
                if (record.Type == LlogRecordType.LLOG_PAD_MAGIC || record.Index < startIndex || !IsLive(record.Index))
                    continue;
                error = visitor(record);
                if (error != Errno.OK)
                    return error;
            }
            if (reader.Error != Errno.OK)
                return reader.Error;
        }
        return Errno.OK;
    }

    Errno WriteRecord(long offset, int size, LlogRecordType type, uint index, uint id, ReadOnlySpan<byte> body)
    {
        byte[] record = new byte[size];
        if (type == LlogRecordType.LLOG_PAD_MAGIC)
            body = new byte[size - LlogFormat.RecordSize(0)];
        LlogFormat.WriteRecord(record, type, index, id, body);
        return _storage.Write(offset, record);
    }

    /// <summary>The header learns of a record only after the record is there: a reader never finds a bit without
    /// one.</summary>
    Errno Publish(uint index, int size)
    {
        Bitmap[(int)(index / 8)] |= (byte)(1 << (int)(index % 8));
        Tail.Index = index;
        Header.Count++;
        Header.Size = Header.Size == 0 ? (uint)size : Math.Min(Header.Size, (uint)size); // smallest record so far
        return _storage.Write(0, _header);
    }

    bool IsHeaderSane() =>
        Header.BitmapOffset >= Unsafe.SizeOf<LlogRecHdr>() && Header.BitmapOffset < ChunkSize - LlogFormat.TailSize
        && (Header.Flags & LlogFlags.IS_PLAIN) != 0 && Tail.Length == ChunkSize && Tail.Index <= MaxIndex;

    const int MaxChunkSize = 1 << 20;

    /// <summary>Where the bitmap starts in a header of ours: behind its fixed fields.</summary>
    static int BitmapOffset => (int)Marshal.OffsetOf<LlogLogHdr>(nameof(LlogLogHdr.Bitmap));
}
