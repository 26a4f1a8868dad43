using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

/// <summary>Permission bits of <c>st_mode</c>; the types are in <see cref="DtMode"/>.</summary>
static class StatMode
{
    public const uint S_ISUID = 0x800;
    public const uint S_ISGID = 0x400;
    public const uint S_ISVTX = 0x200;
    public const uint S_IALLUGO = 0xFFF;
    public const uint S_IRWXU = 0x1C0;
    public const uint S_IRWXG = 0x38;
    public const uint S_IRWXO = 0x7;
    public const uint S_IXGRP = 0x8;
    public const uint S_IXUGO = 0x49;

    /// <summary>One of the seven types there are; what a client sends is refused otherwise.</summary>
    public static bool IsKnownType(uint mode) => (mode & DtMode.TypeMask) is DtMode.Socket or DtMode.Symlink
        or DtMode.Regular or DtMode.BlockDevice or DtMode.Directory or DtMode.CharDevice or DtMode.Fifo;

    public static bool IsDirectory(uint mode) => (mode & DtMode.TypeMask) == DtMode.Directory;

    public static bool IsRegular(uint mode) => (mode & DtMode.TypeMask) == DtMode.Regular;

    public static bool IsSymlink(uint mode) => (mode & DtMode.TypeMask) == DtMode.Symlink;
}
