using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>A file made and opened (<c>struct fuse_entry_out</c>, <c>fuse_open_out</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseCreateOut
{
    public const int WireSize = 144;

    public FuseEntryOut Entry;
    public FuseOpenOut Open;
}
