using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>What every request of the kernel starts with (<c>struct fuse_in_header</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseInHeader
{
    public const int WireSize = 40;

    public uint Length;                  // bytes of the whole request, this header included
    public FuseOpcode Opcode;
    public ulong Unique;                 // names the request in its reply and in an interrupt
    public ulong NodeId;                 // the inode that the request is about; 1 is the root
    public uint Uid, Gid, Pid;           // who asks; a pid of 0 is not visible from here
    public ushort ExtensionLength;       // in units of 8 bytes, at the end of the request
    public ushort Padding;
}
