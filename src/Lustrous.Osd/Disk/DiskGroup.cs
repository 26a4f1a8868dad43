using System.Runtime.InteropServices;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

/// <summary>
/// The transactions that become durable together: for the store the last value of each key, in a few large batches,
/// and what has to be told and let go when it has them. Guarded by the lock of the line; from when it is taken it
/// belongs to who commits.
/// </summary>
/// <remarks>A batch ends with a transaction, and holds all of each: so the store is at the end of one whenever it
/// writes what it has in memory.</remarks>
sealed class DiskGroup
{
    const int ChunkBytes = 4 << 20;
    const int MostRecordBytes = 64 << 10;       // nearly always
    const int KeptChunks = 8;
    const int KeptItems = 64 << 10;

    readonly List<DiskBatch> _chunks = [];
    readonly DiskBatch _record = new();
    int _used;              // of the chunks; the last of them takes more
    ulong _chunk;           // number of that, never used again
    DiskMeta _meta;

    /// <summary>Objects that stay in memory until the store has them, with one use each.</summary>
    public List<DiskObject> Objects { get; } = [];

    /// <summary>Keys that are found in memory until then.</summary>
    public List<(DiskObject Object, DiskEntry Entry)> Entries { get; } = [];

    public List<(DtCommitCallback Callback, object? State, ulong Sequence)> Callbacks { get; } = [];

    public List<DiskFreed> Freed { get; } = [];

    /// <summary>Of the objects and keys in it.</summary>
    public ulong Number { get; private set; }

    /// <summary>Sequence of its first transaction; 0: there is none.</summary>
    public ulong First { get; private set; }

    public ulong Last { get; private set; }

    public bool IsEmpty => First == 0;

    /// <summary>What goes to the store, in order. Once it is closed.</summary>
    public ReadOnlySpan<DiskBatch> Chunks => CollectionsMarshal.AsSpan(_chunks)[.._used];

    public void Begin(ulong number) => Number = number;

    /// <summary>A transaction is about to be written down.</summary>
    public void BeginRecord() => _record.Clear();

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ref DiskSlot slot)
    {
        _record.Put(key, value);
        DiskBatch chunk = Chunk();
        if (slot.Chunk == _chunk && slot.Length == value.Length)
            chunk.Overwrite(slot.At, value);
        else
            slot = new DiskSlot(_chunk, chunk.Put(key, value), value.Length);
    }

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _record.Put(key, value);
        Chunk().Put(key, value);
    }

    /// <summary>The key's slot is to be forgotten: what stands there comes before this.</summary>
    public void Delete(ReadOnlySpan<byte> key)
    {
        _record.Delete(key);
        Chunk().Delete(key);
    }

    public void DeleteRange(ReadOnlySpan<byte> first, ReadOnlySpan<byte> end)
    {
        _record.DeleteRange(first, end);
        Chunk().DeleteRange(first, end);
    }

    /// <summary>A transaction is written down; returns what the journal gets of it.</summary>
    public ReadOnlySpan<byte> EndRecord(in DiskMeta meta)
    {
        _record.Put(DiskKey.MetaKey, MemoryMarshal.AsBytes(new ReadOnlySpan<DiskMeta>(in meta)));
        _meta = meta;
        if (IsEmpty)
            First = meta.Sequence;
        Last = meta.Sequence;
        if (Chunk().Length >= ChunkBytes)
            CloseChunk();
        return _record.Bytes;
    }

    /// <summary>No more transactions come.</summary>
    public void Close()
    {
        if (_chunk != 0)
            CloseChunk();
    }

    /// <summary>For others; what it takes for many is not kept for few.</summary>
    public void Clear()
    {
        for (int i = 0; i < _used; i++)
            _chunks[i].Clear(ChunkBytes * 2);
        if (_chunks.Count > KeptChunks)
            _chunks.RemoveRange(KeptChunks, _chunks.Count - KeptChunks);
        _used = 0;
        First = Last = 0;
        Clear(Objects);
        Clear(Entries);
        Clear(Callbacks);
        Clear(Freed);
    }

    static void Clear<T>(List<T> list)
    {
        list.Clear();
        if (list.Capacity > KeptItems)
            list.Capacity = 0;
    }

    DiskBatch Chunk()
    {
        if (_chunk != 0)
            return _chunks[_used - 1];
        if (_used == _chunks.Count)
            _chunks.Add(new DiskBatch(ChunkBytes + MostRecordBytes));
        _used++;
        _chunk = (Number << 24) + (ulong)_used;
        return _chunks[_used - 1];
    }

    void CloseChunk()
    {
        _chunks[_used - 1].Put(DiskKey.MetaKey, MemoryMarshal.AsBytes(new ReadOnlySpan<DiskMeta>(in _meta)));
        _chunk = 0;
    }
}
