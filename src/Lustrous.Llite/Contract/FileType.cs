namespace Lustrous.Llite;

/// <summary>The type in <c>st_mode</c>.</summary>
public static class FileType
{
    public const uint Mask = 0xF000;
    public const uint Fifo = 0x1000;
    public const uint CharacterDevice = 0x2000;
    public const uint Directory = 0x4000;
    public const uint BlockDevice = 0x6000;
    public const uint Regular = 0x8000;
    public const uint Symlink = 0xA000;
    public const uint Socket = 0xC000;

    public static bool IsDirectory(uint mode) => (mode & Mask) == Directory;

    public static bool IsRegular(uint mode) => (mode & Mask) == Regular;

    public static bool IsSymlink(uint mode) => (mode & Mask) == Symlink;
}
