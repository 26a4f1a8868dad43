using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>What every reply and every notification starts with (<c>struct fuse_out_header</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseOutHeader
{
    public const int WireSize = 16;

    public uint Length;                  // bytes of the whole reply, this header included
    public int Error;                    // 0 or a negative errno; of a notification its code
    public ulong Unique;                 // of the request; 0 makes it a notification
}
