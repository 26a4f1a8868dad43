using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>One stripe of a file: an object on an OST (<c>struct lov_ost_data_v1</c>).</summary>
[WireStruct("lov_ost_data_v1", size: 24, Prefix = "l_ost_")]
public partial record struct LovOstDataV1
{
    [WireName("l_ost_oi")] public OstId ObjectId;
    [WireName("l_ost_gen"), WireName("l_ost_type")]
    public uint GenerationOrType;
    [WireName("l_ost_idx")] public uint Index;  // of the OST
}

/// <summary>Layout of a file striped over OSTs (<c>struct lov_mds_md_v1</c>).</summary>
[WireStruct("lov_mds_md_v1", size: 32, Prefix = "lmm_")]
[WireTail("lmm_objects", typeof(LovOstDataV1))]
public partial record struct LovMdsMdV1
{
    public LovMagic Magic;
    public LovPattern Pattern;
    [WireName("lmm_oi")] public OstId ObjectId; // of the file, as the MDT names it
    public uint StripeSize;             // bytes
    public ushort StripeCount;
    [WireName("lmm_layout_gen")] public ushort LayoutGeneration;
}

/// <summary>Layout of a file striped over the OSTs of a pool (<c>struct lov_mds_md_v3</c>).</summary>
[WireStruct("lov_mds_md_v3", size: 48, Prefix = "lmm_")]
[WireTail("lmm_objects", typeof(LovOstDataV1))]
public partial record struct LovMdsMdV3
{
    public LovMagic Magic;
    public LovPattern Pattern;
    [WireName("lmm_oi")] public OstId ObjectId; // of the file, as the MDT names it
    public uint StripeSize;             // bytes
    public ushort StripeCount;
    [WireName("lmm_layout_gen")] public ushort LayoutGeneration;
    public Text16 PoolName;
}
