namespace Lustrous.Osd.Mem;

// Room: what is reserved by transactions counts as used.
public sealed partial class MemDevice
{
    long _freeBytes;
    long _freeObjects;

    /// <summary>Bytes neither used nor reserved.</summary>
    public long FreeBytes => Interlocked.Read(ref _freeBytes);

    public long FreeObjects => Interlocked.Read(ref _freeObjects);

    /// <summary>Objects there are.</summary>
    public int ObjectCount => _objects.Count;

    /// <summary>What a name in a directory takes beside its bytes.</summary>
    internal const int NameOverhead = 64;

    /// <summary>What an extended attribute takes beside its bytes.</summary>
    internal const int XattrOverhead = 32;

    internal bool TryReserveBytes(long bytes) => TryTake(ref _freeBytes, bytes);

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
}
