using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The new name follows; the header names its directory (<c>struct fuse_link_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseLinkIn
{
    public const int WireSize = 8;

    public ulong OldNodeId;
}
