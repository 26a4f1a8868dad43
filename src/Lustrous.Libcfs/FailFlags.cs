namespace Lustrous.Libcfs;

/// <summary>How often a fail point fires: the upper bits of <c>fail_loc</c>.</summary>
/// <remarks>Source: include/linux/libcfs/libcfs_fail.h.</remarks>
[Flags]
public enum FailFlags : uint
{
    /// <summary>Every time.</summary>
    None = 0,
    /// <summary>Matches every check that has this bit too.</summary>
    Fault = 0x02000000,
    User1 = 0x04000000,
    /// <summary>One time in <c>fail_val</c>; not with Skip or Some.</summary>
    Random = 0x08000000,
    /// <summary>The first <c>fail_val</c> times.</summary>
    Some = 0x10000000,
    /// <summary>After <c>fail_val</c> times that pass.</summary>
    Skip = 0x20000000,
    /// <summary>It has fired; set by the check.</summary>
    Failed = 0x40000000,
    Once = 0x80000000,
}
