using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>A modification of metadata, as all its kinds share it: the opcode tells which one
/// (<c>struct mdt_rec_reint</c>).</summary>
[WireStruct("mdt_rec_reint", size: 136, Prefix = "rr_")]
public partial record struct MdtRecReint
{
    public ReintOp Opcode;
    [WireName("rr_cap")] public uint Capability;
    [WireName("rr_fsuid")] public uint FsUid;   // who asks
    public uint Padding1H;
    [WireName("rr_fsgid")] public uint FsGid;
    public uint Padding2H;
    [WireName("rr_suppgid1")] public uint SupplementaryGid1;
    public uint Padding3H;
    [WireName("rr_suppgid2")] public uint SupplementaryGid2;
    public uint Padding4H;
    public Fid Fid1;
    public Fid Fid2;
    public long Mtime;
    public long Atime;
    public long Ctime;
    public ulong Size;
    public ulong Blocks;
    public MdsOpBias Bias;
    public uint Mode;
    public uint Flags;
    [WireName("rr_flags_h")] public uint FlagsHigh;
    public uint Umask;
    public ushort MirrorIdOld;
    public ushort Padding4;
}
