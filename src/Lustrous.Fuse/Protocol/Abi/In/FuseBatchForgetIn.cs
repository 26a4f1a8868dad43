using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>A batch of forgets: so many lines follow (<c>struct fuse_batch_forget_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseBatchForgetIn
{
    public const int WireSize = 8;

    public uint Count;
    public uint Padding;
}
