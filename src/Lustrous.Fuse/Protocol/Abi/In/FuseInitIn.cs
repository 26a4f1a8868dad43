using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>What the kernel offers (<c>struct fuse_init_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseInitIn
{
    public const int WireSize = 64;

    public uint Major, Minor;
    public uint MaxReadahead;            // bytes
    public uint Flags, Flags2;           // FuseInitFlags, low and high half
    public FuseReserved11 Unused;
}
