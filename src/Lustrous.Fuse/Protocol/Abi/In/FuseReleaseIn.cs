using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The last descriptor of an open file or directory is gone (<c>struct fuse_release_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseReleaseIn
{
    public const int WireSize = 24;

    public ulong Handle;
    public uint Flags;                   // of open(2)
    public uint ReleaseFlags;
    public ulong LockOwner;
}
