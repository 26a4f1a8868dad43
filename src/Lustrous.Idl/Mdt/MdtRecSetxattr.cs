using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Sets or removes an extended attribute (<c>struct mdt_rec_setxattr</c>).</summary>
[WireStruct("mdt_rec_setxattr", size: 136, Prefix = "sx_")]
public partial record struct MdtRecSetxattr
{
    public ReintOp Opcode;
    [WireName("sx_cap")] public uint Capability;
    [WireName("sx_fsuid")] public uint FsUid;   // who asks
    public uint Padding1H;
    [WireName("sx_fsgid")] public uint FsGid;
    public uint Padding2H;
    [WireName("sx_suppgid1")] public uint SupplementaryGid1;
    public uint Padding3H;
    [WireName("sx_suppgid2")] public uint SupplementaryGid2;
    public uint Padding4H;
    public Fid Fid;
    public ulong Padding1;
    public uint Padding2;
    public uint Padding3;
    public MdtValid Valid;
    public long Time;                   // seconds
    public ulong Padding5;
    public ulong Padding6;
    public ulong Padding7;
    public uint Size;
    public uint Flags;                  // XATTR_CREATE, XATTR_REPLACE
    public uint Padding8;
    public uint Padding9;
    public uint Padding10;
    public uint Padding11;
}
