using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// What a scrub needs to know of a device on a disk.
public sealed partial class DiskDevice
{
    const int ListedAtOnce = 1024;

    /// <summary>Is told of all that is found damaged, beside the log.</summary>
    internal Action<string>? DamageListener { get; set; }

    public IEnumerable<Result<Fid>> ListObjects()
    {
        var batch = new List<Fid>();
        byte[] from = [DiskKey.Object];
        Errno error;
        do
        {
            batch.Clear();
            error = CopyFids(ref from, batch);
            foreach (Fid fid in batch)
                yield return fid;
        }
        while (error == Errno.OK && batch.Count == ListedAtOnce);
        if (error != Errno.OK)
            yield return error;
        // Those that the store does not have yet.
        foreach ((Fid fid, DiskObject dtObject) in _objects)
        {
            if (dtObject.IsLive && !IsInStore(fid))
                yield return fid;
        }
    }

    /// <summary>What the store's objects take, against what they are accounted with; puts it right where it is not.
    /// Returns how many bytes and objects too many were accounted.</summary>
    internal (long Bytes, long Objects) CheckAccounts(bool repair)
    {
        DiskMeta meta = default;
        long bytes = 0, objects = 0;
        // One view of the store: transactions are in it whole.
        using (RocksDbSharp.Iterator iterator = _store.Iterate())
        {
            ReadOnlySpan<byte> prefix = [DiskKey.Object];
            if (DiskStore.Seek(iterator, DiskKey.MetaKey, DiskKey.MetaKey))
                MemoryMarshal.TryRead(iterator.GetValueSpan(), out meta);
            for (bool more = DiskStore.Seek(iterator, prefix, prefix); more;
                more = DiskStore.IsWithin(iterator.Next(), prefix))
            {
                if (!MemoryMarshal.TryRead(iterator.GetValueSpan(), out DiskObjectRecord record))
                    continue;
                bytes += DiskObject.RoomOf(record, this);
                objects++;
            }
            // What cannot be counted is not put right.
            if (_store.StatusOf(iterator) != Errno.OK)
                return default;
        }
        (long Bytes, long Objects) surplus = (meta.UsedBytes - bytes, meta.Objects - objects);
        if (!repair || surplus == default)
            return surplus;
        using (_lineLock.Enter())
        {
            _usedBytes -= surplus.Bytes;
            _objectCount -= surplus.Objects;
        }
        ReturnBytes(surplus.Bytes);
        ReturnObjects(surplus.Objects);
        Log(LogLevel.Warning,
            $"{_options.Path}: {surplus.Bytes} bytes and {surplus.Objects} objects too many were accounted");
        return surplus;
    }

    /// <summary>What the machine has in memory of an object's file is forgotten, so that reading it reads the disk.
    /// </summary>
    internal void ForgetCached(in Fid fid)
    {
        if (Peek(fid) is { HasFile: true } dtObject
            && Files.Open(dtObject.Number, create: false, out Files.DiskFile? file) == Errno.OK)
        {
            file!.ForgetCached();
            file.Release();
        }
    }

    Errno CopyFids(ref byte[] from, List<Fid> into)
    {
        ReadOnlySpan<byte> prefix = [DiskKey.Object];
        using RocksDbSharp.Iterator iterator = _store.Iterate();
        for (bool more = DiskStore.Seek(iterator, from, prefix); more && into.Count < ListedAtOnce;
            more = DiskStore.IsWithin(iterator.Next(), prefix))
        {
            ReadOnlySpan<byte> key = iterator.GetKeySpan();
            if (key.Length != DiskKey.ObjectSize)
                continue;
            into.Add(new Fid(
                BinaryPrimitives.ReadUInt64BigEndian(key[1..]), BinaryPrimitives.ReadUInt32BigEndian(key[9..]),
                BinaryPrimitives.ReadUInt32BigEndian(key[13..])));
        }
        if (into.Count > 0)
        {
            // The first key behind the last one.
            from = new byte[DiskKey.ObjectSize + 1];
            DiskKey.OfObject(into[^1], from);
        }
        return _store.StatusOf(iterator);
    }

    bool IsInStore(in Fid fid)
    {
        Span<byte> room = stackalloc byte[DiskKey.ObjectSize];
        return _store.Get(DiskKey.OfObject(fid, room), out byte[]? value) == Errno.OK && value is not null;
    }
}
