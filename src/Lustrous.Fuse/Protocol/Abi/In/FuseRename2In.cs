using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The old and the new name follow (<c>struct fuse_rename2_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseRename2In
{
    public const int WireSize = 16;

    public ulong NewDirectory;
    public uint Flags;                   // RENAME_NOREPLACE 1, RENAME_EXCHANGE 2, RENAME_WHITEOUT 4
    public uint Padding;
}
