using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary>How far a copy is, from the copytool (<c>struct hsm_progress</c>).</summary>
[WireStruct("hsm_progress", size: 48, Prefix = "hp_")]
public partial record struct HsmProgress
{
    public Fid Fid;
    public ulong Cookie;
    public HsmExtent Extent;
    public HsmProgressFlags Flags;
    [WireName("hp_errval")] public ushort Error;
    [WireName("padding")] public uint Padding;
}

/// <summary>Begin or end of a copy, from the copytool (<c>struct hsm_copy</c>).</summary>
[WireStruct("hsm_copy", size: 88, Prefix = "hc_")]
public partial record struct HsmCopy
{
    public ulong DataVersion;
    public ushort Flags;
    [WireName("hc_errval")] public ushort Error;
    [WireName("padding")] public uint Padding;
    [WireName("hc_hai")] public HsmActionItem Item;
}

/// <summary>The same from client to MDT (<c>struct hsm_progress_kernel</c>).</summary>
[WireStruct("hsm_progress_kernel", size: 64, Prefix = "hpk_")]
public partial record struct HsmProgressKernel
{
    public Fid Fid;
    public ulong Cookie;
    public HsmExtent Extent;
    public HsmProgressFlags Flags;
    [WireName("hpk_errval")] public ushort Error;
    public uint Padding1;
    public ulong DataVersion;
    public ulong Padding2;
}
