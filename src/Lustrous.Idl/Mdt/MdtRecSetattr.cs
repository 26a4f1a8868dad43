using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Sets attributes (<c>struct mdt_rec_setattr</c>).</summary>
[WireStruct("mdt_rec_setattr", size: 136, Prefix = "sa_")]
public partial record struct MdtRecSetattr
{
    public ReintOp Opcode;
    [WireName("sa_cap")] public uint Capability;
    [WireName("sa_fsuid")] public uint FsUid;   // who asks
    public uint Padding1H;
    [WireName("sa_fsgid")] public uint FsGid;
    public uint Padding2H;
    [WireName("sa_suppgid")] public uint SupplementaryGid;
    public uint Padding3H;
    public uint Padding1;
    public uint Padding2;
    public Fid Fid;
    public MdsAttrFlags Valid;          // which of the fields below to set
    public uint Uid;
    public uint Gid;
    public ulong Size;
    public ulong Blocks;
    public long Mtime;
    public long Atime;
    public long Ctime;
    public InodeFlags AttrFlags;
    public uint Mode;
    public MdsOpBias Bias;
    [WireName("sa_projid")] public uint ProjectId;
    public uint Padding4;
    public uint Padding5;
}
