namespace Lustrous.Llite;

/// <summary>Attributes to change, those of <see cref="Valid"/>.</summary>
public record struct LliteSetattr
{
    public SetattrFields Valid;
    public uint Mode;
    public uint Uid;
    public uint Gid;
    public ulong Size;              // bytes
    public long Atime;              // seconds
    public long Mtime;
    public long Ctime;
    public uint ProjectId;
    public uint Flags;              // FS_IOC_SETFLAGS
}

/// <summary>Which attributes change, and how.</summary>
[Flags]
public enum SetattrFields
{
    None = 0,
    Mode = 0x1,
    Uid = 0x2,
    Gid = 0x4,
    Size = 0x8,
    /// <summary>To <see cref="LliteSetattr.Atime"/>.</summary>
    Atime = 0x10,
    Mtime = 0x20,
    Ctime = 0x40,
    /// <summary>To now; whoever may write the file may do so.</summary>
    AtimeNow = 0x80,
    MtimeNow = 0x100,
    /// <summary>setuid and setgid fall, as after a write or truncate.</summary>
    KillSuidSgid = 0x200,
    ProjectId = 0x400,
    Flags = 0x800,
    /// <summary>The size comes from an open with O_TRUNC.</summary>
    FromOpen = 0x1000,
}
