using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The caller of a request was hit by a signal (<c>struct fuse_interrupt_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseInterruptIn
{
    public const int WireSize = 8;

    public ulong Unique;                 // of that request
}
