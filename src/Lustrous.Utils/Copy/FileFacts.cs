namespace Lustrous.Utils.Copy;

/// <summary>What a copy must have in common with its original.</summary>
readonly record struct FileFacts(
    uint Mode, uint Uid, uint Gid, uint Links, ulong Size, long ModifySeconds, ulong Inode, ulong Device)
{
    const uint TypeMask = 0xF000;

    public uint Type => Mode & TypeMask;

    public bool IsDirectory => Type == 0x4000;

    public bool IsRegular => Type == 0x8000;

    public bool IsSymlink => Type == 0xA000;
}
