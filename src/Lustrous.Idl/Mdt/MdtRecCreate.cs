using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Creates, or opens by intent (<c>struct mdt_rec_create</c>).</summary>
[WireStruct("mdt_rec_create", size: 136, Prefix = "cr_")]
public partial record struct MdtRecCreate
{
    public ReintOp Opcode;
    [WireName("cr_cap")] public uint Capability;
    [WireName("cr_fsuid")] public uint FsUid;   // who asks
    [WireName("cr_layout_ver")] public uint LayoutVersion;
    [WireName("cr_fsgid")] public uint FsGid;
    public uint Padding2H;
    [WireName("cr_suppgid1")] public uint SupplementaryGid1;
    public uint Padding3H;
    [WireName("cr_suppgid2")] public uint SupplementaryGid2;
    public uint Padding4H;
    public Fid Fid1;                    // the parent
    public Fid Fid2;                    // the new object
    public LustreHandle OpenHandleOld;  // of the open to replay
    public long Time;                   // seconds
    public ulong Rdev;                  // device number; of a PCC attach: archive id
    public ulong Ioepoch;
    public ulong Padding1;
    public uint Mode;
    public MdsOpBias Bias;
    [WireName("cr_flags_l")] public uint FlagsLow;  // MdsOpenFlags, lower half
    [WireName("cr_flags_h")] public uint FlagsHigh; // MdsOpenFlags, upper half
    public uint Umask;
    public uint Padding4;

    /// <summary>How to open, in one piece.</summary>
    public MdsOpenFlags Flags
    {
        readonly get => (MdsOpenFlags)((ulong)FlagsHigh << 32 | FlagsLow);
        set => (FlagsLow, FlagsHigh) = ((uint)value, (uint)((ulong)value >> 32));
    }
}
