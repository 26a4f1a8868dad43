namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>Where written data comes from (<c>FUSE_WRITE_*</c>).</summary>
[Flags]
public enum FuseWriteFlags : uint
{
    None = 0,
    Cache = 1 << 0,                    // from the page cache; the handle is a guess
    LockOwner = 1 << 1,
    KillSuidGid = 1 << 2,
}
