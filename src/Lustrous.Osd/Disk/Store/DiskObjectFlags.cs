namespace Lustrous.Osd.Disk.Store;

/// <summary>What an object has beside its record.</summary>
[Flags]
enum DiskObjectFlags : byte
{
    None = 0,
    HasXattrs = 1,

    /// <summary>Something of its body is, or was, in a file.</summary>
    HasFile = 2,
}
