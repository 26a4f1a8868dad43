namespace Lustrous.Osd.Disk.Store;

/// <summary>What an object has beside its record.</summary>
[Flags]
enum DiskObjectFlags : byte
{
    None = 0,

    /// <summary>Extended attributes under a key of their own.</summary>
    HasXattrs = 1,

    /// <summary>Something of its body is, or was, in a file.</summary>
    HasFile = 2,

    /// <summary>Extended attributes stand behind the record.</summary>
    XattrsInRecord = 4,
}
