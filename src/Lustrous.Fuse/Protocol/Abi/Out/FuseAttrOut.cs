using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>Attributes, and how long the kernel may believe them (<c>struct fuse_attr_out</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseAttrOut
{
    public const int WireSize = 104;

    public ulong AttrValid;              // seconds
    public uint AttrValidNsec;
    public uint Padding;
    public FuseAttr Attr;
}
