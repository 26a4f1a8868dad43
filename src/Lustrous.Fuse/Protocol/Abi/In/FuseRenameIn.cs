using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The old and the new name follow (<c>struct fuse_rename_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseRenameIn
{
    public const int WireSize = 8;

    public ulong NewDirectory;
}
