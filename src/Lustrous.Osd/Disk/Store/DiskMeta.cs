using System.Runtime.InteropServices;

namespace Lustrous.Osd.Disk.Store;

/// <summary>The device's own record, written with every transaction.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
struct DiskMeta
{
    /// <summary>The transaction it was written with.</summary>
    public ulong Sequence;
    public long UsedBytes;
    public long Objects;

    /// <summary>No object had this number or a higher one.</summary>
    public ulong NextNumber;
}
