namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>Of an ioctl (<c>FUSE_IOCTL_*</c>).</summary>
[Flags]
public enum FuseIoctlFlags : uint
{
    None = 0,
    Compat = 1 << 0,
    Unrestricted = 1 << 1,
    Retry = 1 << 2,
    ThirtyTwoBit = 1 << 3,
    Directory = 1 << 4,
    CompatX32 = 1 << 5,
}
