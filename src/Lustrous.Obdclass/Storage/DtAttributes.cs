using Lustrous.Idl.Mdt;

namespace Lustrous.Obdclass.Storage;

/// <summary>Which fields of <see cref="DtAttributes"/> hold a value (<c>enum la_valid</c>).</summary>
[Flags]
public enum DtValid : uint
{
    None = 0,
    AccessTime = 1 << 0,
    ModifyTime = 1 << 1,
    ChangeTime = 1 << 2,
    Size = 1 << 3,
    Mode = 1 << 4,
    Uid = 1 << 5,
    Gid = 1 << 6,
    Blocks = 1 << 7,
    Flags = 1 << 10,
    Nlink = 1 << 11,
    Device = 1 << 12,
    BlockSize = 1 << 13,
    ProjectId = 1 << 15,
    BirthTime = 1 << 16,
    Times = AccessTime | ModifyTime | ChangeTime,
    All = Times | Size | Mode | Uid | Gid | Blocks | Flags | Nlink | Device | BlockSize | ProjectId | BirthTime,
}

/// <summary>Attributes of one object (<c>struct lu_attr</c>). Times are whole seconds since 1970, as Lustre keeps
/// them.</summary>
/// <remarks>Source: lustre/include/obd.h of lustre-release.</remarks>
public record struct DtAttributes
{
    /// <summary>What a getter filled, or what a setter changes.</summary>
    public DtValid Valid;

    public long AccessTime, ModifyTime, ChangeTime, BirthTime;

    /// <summary>Bytes. Of an object with a body, setting it truncates or extends with a hole.</summary>
    public ulong Size;

    /// <summary>Allocated, in units of 512 bytes; kept by the device, ignored when set.</summary>
    public ulong Blocks;

    /// <summary>Type and permissions, as <c>st_mode</c>; setting it keeps the type.</summary>
    public uint Mode;

    public uint Uid, Gid, ProjectId;

    /// <summary>Names that refer to it; see also <see cref="IDtObject.AddReference"/>.</summary>
    public uint Nlink;

    /// <summary><c>lsattr</c>'s flags.</summary>
    public InodeFlags Flags;

    /// <summary>Of a device node, as Linux's 32-bit <c>dev_t</c>; set at creation.</summary>
    public uint Device;

    /// <summary>Best I/O size in bytes; only read.</summary>
    public uint BlockSize;

    /// <summary>The file type bits of <see cref="Mode"/>, <c>S_IFMT</c>.</summary>
    public readonly uint Type => Mode & DtMode.TypeMask;

    public readonly bool IsDirectory => Type == DtMode.Directory;

    public readonly bool IsRegular => Type == DtMode.Regular;

    public readonly bool IsSymlink => Type == DtMode.Symlink;

    public readonly bool Has(DtValid fields) => (Valid & fields) == fields;
}
