namespace Lustrous.Osd.Disk;

/// <summary>What of an object a transaction changed.</summary>
[Flags]
enum DiskDirty : byte
{
    Record = 1,
    Xattrs = 2,
    Destroyed = 4,
}
