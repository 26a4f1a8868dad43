using System.Buffers.Binary;
using System.Globalization;
using Lustrous.Osd.Disk.Files;

namespace Lustrous.Osd.Disk.Store;

/// <summary>
/// Transactions in their order, in files of some MiB. A record is in the machine's memory when it was appended, so that
/// it outlives the process; and on the disk after the next sync. A file goes when the store has all that is in it.
/// </summary>
/// <remarks>A record: magic, length of the payload, sequence, kind, CRC-32C of all that and the payload; padded to
/// 8 bytes. What follows the last good record was not durable.</remarks>
sealed class DiskJournal(string directory, IDiskObserver? observer)
{
    public const int HeaderSize = 24;
    public const int HeadSize = HeaderSize + sizeof(long);
    const uint Magic = 0x314A444C;      // "LDJ1"
    const int MagicAt = 0, LengthAt = 4, SequenceAt = 8, KindAt = 16, CrcAt = 20;

    public static ReadOnlySpan<byte> MagicBytes => "LDJ1"u8;

    readonly List<Segment> _old = [];
    byte[] _staged = new byte[64 << 10];
    int _stagedBytes;
    DiskFile? _file;
    long _position;
    ulong _index;
    bool _nameIsNew;

    /// <summary>What the checksums begin with.</summary>
    public uint Seed { get; set; }

    /// <summary>Bytes of a file, which it has from the start, so that appending does not fail for want of
    /// room.</summary>
    public long SegmentBytes { get; init; } = 32 << 20;

    /// <summary>Bytes that a start would have to read.</summary>
    public long TotalBytes { get; private set; }

    public string CurrentPath => _file?.Path ?? directory;

    /// <summary>Takes a record to be written with the next <see cref="WriteStaged"/>.</summary>
    public void Stage(JournalKind kind, ulong sequence, ReadOnlySpan<byte> payload)
    {
        int size = HeaderSize + (payload.Length + 7 & ~7);
        if (_stagedBytes + size > _staged.Length)
            Array.Resize(ref _staged, Math.Max(_stagedBytes + size, _staged.Length * 2));
        Span<byte> record = _staged.AsSpan(_stagedBytes, size);
        BinaryPrimitives.WriteUInt32LittleEndian(record[MagicAt..], Magic);
        BinaryPrimitives.WriteInt32LittleEndian(record[LengthAt..], payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(record[SequenceAt..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(record[KindAt..], (uint)kind);
        payload.CopyTo(record[HeaderSize..]);
        record[(HeaderSize + payload.Length)..].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(record[CrcAt..], Checksum(record, payload.Length));
        _stagedBytes += size;
    }

    public void DiscardStaged() => _stagedBytes = 0;

    /// <summary>Writes what was staged; a file that is full is followed by another.</summary>
    public Errno WriteStaged(ulong firstSequence)
    {
        if (_stagedBytes == 0)
            return Errno.OK;
        if (_file is null || (_position + _stagedBytes > SegmentBytes && _position > HeadSize))
        {
            if (Begin(firstSequence) is var error and not Errno.OK)
                return error;
        }
        Errno written = _file!.Write(_staged.AsSpan(0, _stagedBytes), _position);
        _position += _stagedBytes;
        TotalBytes += _stagedBytes;
        _stagedBytes = 0;
        if (_staged.Length > 4 << 20)
            _staged = new byte[64 << 10];
        return written;
    }

    /// <summary>What to sync, so that all appended so far is durable; taken under the lock of the appends, used without
    /// it.</summary>
    public DiskFile? TakeForSync(out bool nameIsNew, List<DiskFile> filled)
    {
        nameIsNew = _nameIsNew;
        _nameIsNew = false;
        foreach (Segment segment in _old)
        {
            if (segment.File is { } file)
                filled.Add(file);
            segment.File = null;
        }
        return _file?.TryUse() == true ? _file : null;
    }

    public Errno SyncNames()
    {
        Errno error = DiskDirectory.Sync(directory);
        if (error == Errno.OK)
            observer?.Synced(directory);
        return error;
    }

    /// <summary>Forgets files whose transactions the store has.</summary>
    public void Drop(ulong upTo)
    {
        for (int i = _old.Count - 1; i >= 0; i--)
        {
            Segment segment = _old[i];
            if (segment.Last > upTo || segment.File is not null)
                continue;
            TotalBytes -= segment.Bytes;
            Remove(segment.Path);
            _old.RemoveAt(i);
        }
    }

    /// <summary>Paths of the files there are, oldest first.</summary>
    public List<string> Files()
    {
        List<string> files = [.. Directory.EnumerateFiles(directory, "*.log").Order(StringComparer.Ordinal)];
        foreach (string file in files)
        {
            if (ulong.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.HexNumber, null, out ulong index))
                _index = Math.Max(_index, index);
        }
        return files;
    }

    public string PathOf(ulong index) =>
        Path.Combine(directory, index.ToString("x16", CultureInfo.InvariantCulture) + ".log");

    /// <summary>Whether there is a file of this index that begins as one does.</summary>
    public bool HasFile(ulong index)
    {
        if (DiskFile.Open(PathOf(index), create: false, null, index, out DiskFile? file) != Errno.OK)
            return false;
        Span<byte> head = stackalloc byte[HeadSize];
        bool isGood = file!.Read(head, 0) == Errno.OK && TryRead(head, out JournalKind kind, out _, out _, out _)
            && kind == JournalKind.File;
        file.Release();
        return isGood;
    }

    /// <summary>Removes all files; the next append begins one.</summary>
    public void RemoveAll()
    {
        Close();
        foreach (string path in Files())
            Remove(path);
        _old.Clear();
        TotalBytes = 0;
    }

    public void Close()
    {
        _file?.Release();
        _file = null;
        foreach (Segment segment in _old)
            segment.File?.Release();
        _position = 0;
    }

    /// <summary>The record at the start of <paramref name="bytes"/>; false when it is not a good one.</summary>
    public bool TryRead(
        ReadOnlySpan<byte> bytes, out JournalKind kind, out ulong sequence, out ReadOnlySpan<byte> payload,
        out int size)
    {
        (kind, sequence, size) = (default, 0, 0);
        payload = default;
        if (bytes.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return false;
        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[LengthAt..]);
        if (length < 0 || length > bytes.Length - HeaderSize)
            return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcAt..]) != Checksum(bytes, length))
            return false;
        sequence = BinaryPrimitives.ReadUInt64LittleEndian(bytes[SequenceAt..]);
        kind = (JournalKind)BinaryPrimitives.ReadUInt32LittleEndian(bytes[KindAt..]);
        payload = bytes.Slice(HeaderSize, length);
        size = HeaderSize + (length + 7 & ~7);
        return true;
    }

    uint Checksum(ReadOnlySpan<byte> record, int length) =>
        ~Crc32C.Append(Crc32C.Append(~Seed, record[..CrcAt]), record.Slice(HeaderSize, length));

    Errno Begin(ulong firstSequence)
    {
        if (_file is { } full)
        {
            // The last record in it is before the ones that are staged.
            _old.Add(new Segment { Path = full.Path, File = full, Bytes = _position, Last = firstSequence - 1 });
            _file = null;
        }
        Errno error = DiskFile.Open(PathOf(++_index), create: true, observer, _index, out DiskFile? file);
        if (error != Errno.OK)
            return error;
        // Not every file system can; then room may be short when it is written.
        error = file!.Reserve(SegmentBytes);
        if (error is not (Errno.OK or Errno.EOPNOTSUPP))
        {
            file.Release();
            Remove(file.Path);
            return error;
        }
        _file = file;
        _nameIsNew = true;
        return WriteHead(error == Errno.OK ? SegmentBytes : 0, firstSequence);
    }

    /// <summary>Says how long the file is: its length is durable before anything in it, so that one that is shorter was
    /// cut.</summary>
    Errno WriteHead(long length, ulong firstSequence)
    {
        byte[] staged = _staged;
        int stagedBytes = _stagedBytes;
        (_staged, _stagedBytes) = (new byte[HeadSize], 0);
        Stage(JournalKind.File, firstSequence, BitConverter.GetBytes(length));
        Errno error = _file!.Write(_staged.AsSpan(0, _stagedBytes), 0);
        (_staged, _stagedBytes) = (staged, stagedBytes);
        _position = HeadSize;
        TotalBytes += HeadSize;
        return error;
    }

    void Remove(string path)
    {
        observer?.Unlinked(path);
        _ = Posix.unlink(path);
    }

    sealed class Segment
    {
        public required string Path { get; init; }

        /// <summary>Open while it is not synced.</summary>
        public DiskFile? File { get; set; }
        public required long Bytes { get; init; }
        public required ulong Last { get; init; }
    }
}
