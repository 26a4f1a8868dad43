namespace Lustrous.Obdclass.Storage;

/// <summary>Flags of setxattr(2).</summary>
[Flags]
public enum DtXattrFlags
{
    None = 0,

    /// <summary>EEXIST when there is one.</summary>
    Create = 1,

    /// <summary>ENODATA when there is none.</summary>
    Replace = 2,
}
