using Lustrous.Osd.Disk.Files;

namespace Lustrous.Osd.Disk;

// Room: what is reserved by transactions counts as used. Two bounds: what the target was given, counted here, and what
// the file system really has, which others use too.
public sealed partial class DiskDevice
{
    /// <summary>What a name in a directory takes beside its bytes.</summary>
    internal const int NameOverhead = 64;

    /// <summary>What an extended attribute takes beside its bytes.</summary>
    internal const int XattrOverhead = 32;

    // What the journal and the store take for a while beside what was given out must find room in the reserve: on a
    // small file system they are small.
    const int SegmentPart = 128, CheckpointPart = 64, WriteBufferPart = 256, ReservePart = 16;

    long _capacity;
    long _maxObjects;
    long _reserve;
    long _freeBytes;
    long _freeObjects;
    long _realFree;

    /// <summary>Bytes neither used nor reserved of what the target may take.</summary>
    public long FreeBytes => Interlocked.Read(ref _freeBytes);

    public long FreeObjects => Interlocked.Read(ref _freeObjects);

    /// <summary>Bytes that the file system had at the last look, less what was taken since and the reserve.</summary>
    long RealFreeBytes => Interlocked.Read(ref _realFree) - _reserve;

    internal bool TryReserveBytes(long bytes)
    {
        if (bytes == 0)
            return true;
        // The reserve is for what gives room back: that declares nothing, or little.
        if (Interlocked.Add(ref _realFree, -bytes) < _reserve)
        {
            LookAtRoom();
            if (Interlocked.Add(ref _realFree, -bytes) < _reserve)
            {
                Interlocked.Add(ref _realFree, bytes);
                return false;
            }
        }
        if (TryTake(ref _freeBytes, bytes))
            return true;
        Interlocked.Add(ref _realFree, bytes);
        return false;
    }

    /// <summary>Room for a declaration was not found. Not under an object's lock.</summary>
    internal void OnShortOfRoom(long bytes)
    {
        // Of what the target may take, all that was given back is free already.
        if (RealFreeBytes < bytes)
            ReleaseSoon();
    }

    internal void ReturnBytes(long bytes) => Interlocked.Add(ref _freeBytes, bytes);

    internal bool TryReserveObjects(long count) => TryTake(ref _freeObjects, count);

    internal void ReturnObjects(long count) => Interlocked.Add(ref _freeObjects, count);

    static bool TryTake(ref long free, long wanted)
    {
        long seen = Interlocked.Read(ref free);
        while (seen >= wanted)
        {
            long found = Interlocked.CompareExchange(ref free, seen - wanted, seen);
            if (found == seen)
                return true;
            seen = found;
        }
        return false;
    }

    /// <summary>What objects are accounted with.</summary>
    internal (long Bytes, long Objects) UsedRoom
    {
        get
        {
            using (_lineLock.Enter())
                return (_usedBytes, _objectCount);
        }
    }

    static long OfRoom(string directory, long most, int part) =>
        DiskDirectory.Room(directory, out long total, out _) == Errno.OK
            ? Math.Min(most, Math.Max(total / part, 256 << 10))
            : most;

    internal void LookAtRoom()
    {
        if (DiskDirectory.Room(_options.Path, out _, out long available) == Errno.OK)
            Interlocked.Exchange(ref _realFree, available);
    }

    void SetUpRoom(long usedBytes, long objects)
    {
        _ = DiskDirectory.Room(_options.Path, out long total, out long available);
        // A small file system cannot spare so much.
        _reserve = Math.Min(_options.ReserveBytes, total / ReservePart);
        _realFree = available;
        _capacity = _options.CapacityBytes > 0
            ? _options.CapacityBytes
            : usedBytes + Math.Max(0, available - _reserve);
        _maxObjects = _options.MaxObjects > 0 ? _options.MaxObjects : _capacity >> 12;
        _freeBytes = _capacity - usedBytes;
        _freeObjects = _maxObjects - objects;
        (_usedBytes, _objectCount) = (usedBytes, objects);
    }
}
