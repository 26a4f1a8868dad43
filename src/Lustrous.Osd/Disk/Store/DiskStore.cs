using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using RocksDbSharp;

namespace Lustrous.Osd.Disk.Store;

/// <summary>
/// Keys and values of a target, in RocksDB, whose own log is not used: what it holds in memory only is still in our
/// journal (docs/decisions/0008). It never holds a transaction that is not durable.
/// </summary>
sealed class DiskStore : IDisposable
{
    const double MemtableFilterPart = 0.02;     // of a memtable's bytes
    const int BinaryAndHash = 1;                // of a block: an index by hash beside the sorted one

    readonly RocksDb _db;
    readonly Cache _cache;
    readonly WriteOptions _noLog = new WriteOptions().DisableWal(1);
    readonly ReadOptions _reads = new ReadOptions().SetVerifyChecksums(true);
    readonly Action<string> _problem;

    DiskStore(RocksDb db, Cache cache, Action<string> problem) => (_db, _cache, _problem) = (db, cache, problem);

    /// <param name="directory">Of its files.</param>
    /// <param name="how">With what memory, and whether it is new.</param>
    /// <param name="store">The store.</param>
    /// <param name="why">What RocksDB says when it does not open.</param>
    public static Errno Open(string directory, DiskStoreOptions how, out DiskStore? store, out string why)
    {
        (store, why) = (null, "");
        Cache cache = Cache.CreateLru((ulong)how.CacheBytes);
        BlockBasedTableOptions table = new BlockBasedTableOptions()
            .SetBlockCache(cache)
            .SetFilterPolicy(BloomFilterPolicy.Create(10, false))
            .SetWholeKeyFiltering(true)
            .SetFormatVersion(5)
            .SetCacheIndexAndFilterBlocks(true)
            .SetPinL0FilterAndIndexBlocksInCache(true);
        DbOptions options = new DbOptions()
            .SetCreateIfMissing(how.IsNew)
            .SetParanoidChecks(true)
            .SetBlockBasedTableFactory(table)
            .SetWriteBufferSize((ulong)how.WriteBufferBytes)
            .SetMaxWriteBufferNumber(4)
            .SetTargetFileSizeBase((ulong)how.WriteBufferBytes)
            .SetMaxBytesForLevelBase((ulong)how.WriteBufferBytes * 4)
            .SetMaxCompactionBytes((ulong)how.WriteBufferBytes * 4)
            .SetMaxOpenFiles(1024)
            .SetMemtablePrefixBloomSizeRatio(MemtableFilterPart)
            .SetCompression(Compression.No)
            .SetInfoLogLevel(InfoLogLevel.Warn)
            .SetKeepLogFileNum(2)
            .SetMaxLogFileSize(1 << 20)
            .SetStatsDumpPeriodSec(0)
            .SetBytesPerSync(1 << 20)
            .SetLevelCompactionDynamicLevelBytes(true);
        // Which keys are not there is told without a search, in what is not written yet and in each block.
        Native.Instance.rocksdb_options_set_memtable_whole_key_filtering(options.Handle, 1);
        Native.Instance.rocksdb_block_based_options_set_data_block_index_type(table.Handle, BinaryAndHash);
        try
        {
            store = new DiskStore(RocksDb.Open(options, directory), cache, how.Problem);
            return Errno.OK;
        }
        catch (RocksDbException e)
        {
            why = e.Message;
            return Errno.EIO;
        }
    }

    /// <summary>Null in <paramref name="value"/>: there is none. EIO: it is damaged.</summary>
    public unsafe Errno Get(ReadOnlySpan<byte> key, out byte[]? value)
    {
        const int mostBytes = 1024;
        value = null;
        byte* room = stackalloc byte[mostBytes];
        fixed (byte* start = key)
        {
            // Without memory of its own for the value, as nearly all are small.
            byte fits = Native.Instance.rocksdb_get_into_buffer(_db.Handle, _reads.Handle, start, (nuint)key.Length,
                (nint)room, mostBytes, out nuint length, out byte found, out nint problem);
            if (problem != 0)
                return Failed(problem);
            if (found == 0)
                return Errno.OK;
            if (fits != 0)
            {
                value = new ReadOnlySpan<byte>(room, (int)length).ToArray();
                return Errno.OK;
            }
        }
        return GetLarge(key, out value);
    }

    /// <summary>In memory at once; durable after <see cref="Flush"/>.</summary>
    public Errno Apply(DiskBatch batch)
    {
        if (batch.IsEmpty)
            return Errno.OK;
        try
        {
            using WriteBatch native = WriteBatch.FromSpan(batch.Bytes);
            _db.Write(native, _noLog);
            return Errno.OK;
        }
        catch (RocksDbException e)
        {
            _problem(e.Message);
            return Errno.EIO;
        }
    }

    /// <summary>Ends when all that was applied before is durable.</summary>
    public Errno Flush()
    {
        try
        {
            _db.Flush(new FlushOptions().SetWaitForFlush(true));
            return Errno.OK;
        }
        catch (RocksDbException e)
        {
            _problem(e.Message);
            return Errno.EIO;
        }
    }

    /// <summary>Goes through keys in order; to be disposed.</summary>
    public Iterator Iterate() => _db.NewIterator(null, _reads);

    /// <summary>The first key of a prefix that is at least <paramref name="from"/>; the iterator is moved
    /// there.</summary>
    public static bool Seek(Iterator iterator, ReadOnlySpan<byte> from, ReadOnlySpan<byte> prefix) =>
        IsWithin(iterator.Seek(from), prefix);

    /// <summary>The last key of a prefix that is at most <paramref name="upTo"/>; the iterator is moved there.
    /// </summary>
    public static bool SeekLast(Iterator iterator, ReadOnlySpan<byte> upTo, ReadOnlySpan<byte> prefix) =>
        IsWithin(iterator.SeekForPrev(upTo), prefix);

    public static bool IsWithin(Iterator iterator, ReadOnlySpan<byte> prefix) =>
        iterator.Valid() && iterator.GetKeySpan().StartsWith(prefix);

    /// <summary>EIO when an iterator ended because something is damaged.</summary>
    public Errno StatusOf(Iterator iterator)
    {
        Native.Instance.rocksdb_iter_get_error(iterator.Handle, out nint problem);
        return problem == 0 ? Errno.OK : Failed(problem);
    }

    public void Dispose()
    {
        _db.Dispose();
        GC.KeepAlive(_cache);
    }

    /// <summary>A record of fixed size; false when it is not there or of another size.</summary>
    public bool TryGet<T>(ReadOnlySpan<byte> key, [NotNullWhen(true)] out T value) where T : unmanaged
    {
        value = default;
        return Get(key, out byte[]? bytes) == Errno.OK && bytes is not null
            && MemoryMarshal.TryRead(bytes, out value);
    }

    Errno GetLarge(ReadOnlySpan<byte> key, out byte[]? value)
    {
        try
        {
            value = _db.Get(key, null, _reads);
            return Errno.OK;
        }
        catch (RocksDbException e)
        {
            _problem(e.Message);
            value = null;
            return Errno.EIO;
        }
    }

    Errno Failed(nint problem)
    {
        _problem(Marshal.PtrToStringUTF8(problem) ?? "");
        Native.Instance.rocksdb_free(problem);
        return Errno.EIO;
    }
}
