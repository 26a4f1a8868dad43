using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>One line of a directory; the name follows, padded to 8 bytes (<c>struct fuse_dirent</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseDirent
{
    public const int WireSize = 24;

    public ulong Ino;
    public ulong Offset;                 // the cookie to go on from after this line
    public uint NameLength;
    public uint Type;                    // DT_*, that is the mode shifted right by 12
}
