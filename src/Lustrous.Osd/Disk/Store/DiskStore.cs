using System.Diagnostics.CodeAnalysis;
using RocksDbSharp;

namespace Lustrous.Osd.Disk.Store;

/// <summary>
/// Keys and values of a target, in RocksDB, whose own log is not used: what it holds in memory only is still in our
/// journal (docs/decisions/0008). It never holds a transaction that is not durable.
/// </summary>
sealed class DiskStore : IDisposable
{
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
            .SetMaxOpenFiles(256)
            .SetCompression(Compression.No)
            .SetInfoLogLevel(InfoLogLevel.Warn)
            .SetKeepLogFileNum(2)
            .SetMaxLogFileSize(1 << 20)
            .SetStatsDumpPeriodSec(0)
            .SetBytesPerSync(1 << 20)
            .SetLevelCompactionDynamicLevelBytes(true);
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
    public Errno Get(ReadOnlySpan<byte> key, out byte[]? value)
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

    public static bool IsWithin(Iterator iterator, ReadOnlySpan<byte> prefix) =>
        iterator.Valid() && iterator.GetKeySpan().StartsWith(prefix);

    /// <summary>EIO when an iterator ended because something is damaged.</summary>
    public Errno StatusOf(Iterator iterator)
    {
        Native.Instance.rocksdb_iter_get_error(iterator.Handle, out nint problem);
        if (problem == 0)
            return Errno.OK;
        _problem(System.Runtime.InteropServices.Marshal.PtrToStringUTF8(problem) ?? "");
        Native.Instance.rocksdb_free(problem);
        return Errno.EIO;
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
            && System.Runtime.InteropServices.MemoryMarshal.TryRead(bytes, out value);
    }
}
