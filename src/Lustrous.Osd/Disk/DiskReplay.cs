using System.Buffers.Binary;
using Lustrous.Osd.Disk.Files;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

/// <summary>
/// Brings the transactions of a journal into the store, in order, up to the first that is not whole: not in the
/// journal,
/// or with data that did not reach the disk.
/// </summary>
/// <param name="store">Where to.</param>
/// <param name="files">With the data.</param>
/// <param name="journal">Reads its records.</param>
/// <param name="checksData">After a loss of power the journal may be ahead of the data.</param>
sealed class DiskReplay(DiskStore store, DiskFiles files, DiskJournal journal, bool checksData)
{
    const int BatchBytes = 16 << 20;

    readonly DiskBatch _batch = new();
    readonly byte[] _block = new byte[DiskBlock.Size];
    ulong _committed;

    /// <summary>Why it ended before the end of the journal; null when it did not.</summary>
    public string? Dropped { get; private set; }

    public Errno Run(List<string> paths, ref DiskMeta meta, out string why)
    {
        why = "";
        var contents = new List<byte[]>();
        foreach (string path in paths)
        {
            if (TryReadAll(path, out byte[] content, out why) is var error and not Errno.OK)
                return error;
            if (IsCut(content, out long length))
            {
                why = $"{path}: has {content.Length} bytes of the {length} it was made with";
                return Errno.EIO;
            }
            contents.Add(content);
            FindCommitted(content);
        }
        for (int i = 0; i < contents.Count && Dropped is null; i++)
        {
            if (!ReplayFile(paths[i], contents[i], ref meta))
                break;
        }
        if (Apply(ref meta, out why) is var failed and not Errno.OK)
            return failed;
        if (meta.Sequence >= _committed)
            return Errno.OK;
        why = $"{paths[^1]}: the journal is damaged: transactions {meta.Sequence + 1} to {_committed} were durable, "
            + "and cannot be read";
        return Errno.EIO;
    }

    bool IsCut(ReadOnlySpan<byte> content, out long length)
    {
        length = 0;
        return journal.TryRead(content, out JournalKind kind, out _, out ReadOnlySpan<byte> payload, out _)
            && kind == JournalKind.File && BinaryPrimitives.TryReadInt64LittleEndian(payload, out length)
            && content.Length < length;
    }

    /// <summary>How far commits went: what is up to there was durable with its data. Also behind a record that is not
    /// good, so that damage is told from an end.</summary>
    void FindCommitted(ReadOnlySpan<byte> content)
    {
        while (true)
        {
            while (journal.TryRead(content, out JournalKind kind, out ulong sequence, out _, out int size))
            {
                if (kind == JournalKind.Committed)
                    _committed = Math.Max(_committed, sequence);
                content = content[Math.Min(size, content.Length)..];
            }
            int next = content.Length > 1 ? content[1..].IndexOf(DiskJournal.MagicBytes) : -1;
            if (next < 0)
                return;
            content = content[(1 + next)..];
        }
    }

    /// <summary>False when nothing after it may be looked at.</summary>
    bool ReplayFile(string path, ReadOnlySpan<byte> content, ref DiskMeta meta)
    {
        int at = 0;
        while (journal.TryRead(
            content[at..], out JournalKind kind, out ulong sequence, out ReadOnlySpan<byte> payload, out int size))
        {
            at = Math.Min(at + size, content.Length);
            if (kind != JournalKind.Transaction || sequence <= meta.Sequence)
                continue;
            if (sequence != meta.Sequence + 1)
            {
                Dropped = $"{path}: transaction {meta.Sequence + 1} is missing";
                return false;
            }
            if (checksData && sequence > _committed && !HasData(payload))
            {
                Dropped = $"{path}: the data of transaction {sequence} did not reach the disk";
                return false;
            }
            _batch.Append(payload);
            meta.Sequence = sequence;
            if (_batch.Length > BatchBytes && store.Apply(_batch) != Errno.OK)
                return false;
            if (_batch.Length > BatchBytes)
                _batch.Clear();
        }
        return true;
    }

    /// <summary>What it says of files is in the files.</summary>
    bool HasData(ReadOnlySpan<byte> payload)
    {
        var reader = new DiskBatchReader(payload);
        while (reader.MoveNext())
        {
            if (reader.Tag != DiskBatch.TagPut || reader.Key[0] != DiskKey.Extent
                || !DiskExtentValue.TryRead(reader.Key, reader.Value, out DiskExtent extent)
                || extent.Kind != DiskExtentKind.File)
                continue;
            if (!IsInFile(DiskKey.NumberOf(reader.Key), extent, reader.Value))
                return false;
        }
        return true;
    }

    bool IsInFile(ulong number, in DiskExtent extent, ReadOnlySpan<byte> value)
    {
        if (files.Open(number, create: false, out DiskFile? file) != Errno.OK)
            return false;
        bool isThere = true;
        for (int i = 0; i < extent.Count && isThere; i++)
        {
            isThere = file!.Read(_block, (extent.Physical + i) << DiskBlock.Shift) == Errno.OK
                && DiskBlock.Checksum(_block) == DiskExtentValue.ChecksumAt(value, i);
        }
        file!.Release();
        return isThere;
    }

    Errno Apply(ref DiskMeta meta, out string why)
    {
        why = "";
        Errno error = store.Apply(_batch);
        _batch.Clear();
        if (error == Errno.OK)
            error = store.TryGet(DiskKey.MetaKey, out DiskMeta found) ? Set(out meta, found) : Errno.OK;
        else
            why = "the store cannot be written";
        return error;
    }

    static Errno Set(out DiskMeta meta, in DiskMeta found)
    {
        meta = found;
        return Errno.OK;
    }

    static Errno TryReadAll(string path, out byte[] content, out string why)
    {
        (content, why) = ([], "");
        try
        {
            content = File.ReadAllBytes(path);
            return Errno.OK;
        }
        catch (UnauthorizedAccessException)
        {
            why = $"{path}: cannot be read (EACCES)";
            return Errno.EACCES;
        }
        catch (IOException e)
        {
            why = $"{path}: {e.Message}";
            return Errno.EIO;
        }
    }
}
