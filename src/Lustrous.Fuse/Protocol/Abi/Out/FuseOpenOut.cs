using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_open_out</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseOpenOut
{
    public const int WireSize = 16;

    public ulong Handle;                 // comes back in every request about this open file
    public FuseOpenFlags Flags;
    public int BackingId;
}
