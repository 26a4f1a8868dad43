using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>Who is in the way of a lock (<c>struct fuse_lk_out</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseLockOut
{
    public const int WireSize = 24;

    public FuseFileLock Lock;
}
