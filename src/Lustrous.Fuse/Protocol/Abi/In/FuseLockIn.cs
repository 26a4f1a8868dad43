using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>GETLK, SETLK, SETLKW (<c>struct fuse_lk_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseLockIn
{
    public const int WireSize = 48;

    public const uint Flock = 1;         // FUSE_LK_FLOCK: flock(2), not fcntl(2)

    public ulong Handle;
    public ulong Owner;                  // the same for all descriptors of a process; of flock(2) for an open file
    public FuseFileLock Lock;
    public uint Flags;
    public uint Padding;
}
