using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Disk;

/// <summary>A name that an iterator has taken out of its directory.</summary>
sealed class DiskName(ulong hash, byte[] name, in DtEntry entry)
{
    public readonly ulong Hash = hash;
    public readonly byte[] Name = name;
    public readonly DtEntry Entry = entry;
}
