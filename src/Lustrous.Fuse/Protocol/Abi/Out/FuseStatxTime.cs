using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_sx_time</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseStatxTime
{
    public const int WireSize = 16;

    public long Seconds;                 // since 1970
    public uint Nanoseconds;
    public int Reserved;
}
