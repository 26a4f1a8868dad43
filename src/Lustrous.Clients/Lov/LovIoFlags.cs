namespace Lustrous.Clients.Lov;

/// <summary>How a read or write is done.</summary>
[Flags]
public enum LovIoFlags
{
    None = 0,
    /// <summary>Around the cache: straight between the caller's memory and the OSTs.</summary>
    Direct = 1,
    /// <summary>Done only when the OSTs have it on disk (O_SYNC).</summary>
    Sync = 2,
    /// <summary>Comes from the kernel's page cache while a lock is being given up: no new lock is asked for, the one
    /// held is used.</summary>
    WriteBack = 4,
    /// <summary>A read under the lock of a write: what is read may be changed where it lies.</summary>
    MayBeChanged = 8,
}
