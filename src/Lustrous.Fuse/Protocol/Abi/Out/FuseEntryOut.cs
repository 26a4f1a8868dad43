using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>
/// A name found or made: its inode, its attributes and how long the kernel may believe both (<c>struct
/// fuse_entry_out</c>).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseEntryOut
{
    public const int WireSize = 128;

    public ulong NodeId;                 // 0: there is no such name, and that may be believed for EntryValid
    public ulong Generation;             // of the node id, which may be used again with another one
    public ulong EntryValid, AttrValid;  // seconds
    public uint EntryValidNsec, AttrValidNsec;
    public FuseAttr Attr;
}
