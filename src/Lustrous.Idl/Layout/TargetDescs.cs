using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>The set of OSTs as configured, and default striping (<c>struct lov_desc</c>).</summary>
[WireStruct("lov_desc", size: 88, Prefix = "ld_")]
public partial record struct LovDesc
{
    [WireName("ld_tgt_count")] public uint TargetCount;
    [WireName("ld_active_tgt_count")] public uint ActiveTargetCount;
    public int DefaultStripeCount;
    public LovPattern Pattern;
    public ulong DefaultStripeSize;     // bytes
    public long DefaultStripeOffset;
    public uint Padding0;
    [WireName("ld_qos_maxage")] public uint QosMaxAge;  // seconds
    public uint Padding1;
    public uint Padding2;
    public ObdUuid Uuid;
}

/// <summary>The set of MDTs as configured (<c>struct lmv_desc</c>).</summary>
[WireStruct("lmv_desc", size: 88, Prefix = "ld_")]
public partial record struct LmvDesc
{
    [WireName("ld_tgt_count")] public uint TargetCount;
    [WireName("ld_active_tgt_count")] public uint ActiveTargetCount;
    public uint DefaultStripeCount;
    public uint Pattern;
    public ulong DefaultHashSize;
    public ulong Padding1;
    public uint Padding2;
    [WireName("ld_qos_maxage")] public uint QosMaxAge;  // seconds
    public uint Padding3;
    public uint Padding4;
    public ObdUuid Uuid;
}
