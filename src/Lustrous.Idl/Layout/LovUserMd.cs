using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>The layout a user wants, or the one of a file (<c>struct lov_user_md_v1</c>).</summary>
[WireStruct("lov_user_md_v1", size: 32, Prefix = "lmm_")]
[WireTail("lmm_objects", typeof(LovOstDataV1))]
public partial record struct LovUserMdV1
{
    public LovUserMagic Magic;
    public LovPattern Pattern;
    [WireName("lmm_oi")] public OstId ObjectId; // of the file, as the MDT names it
    public uint StripeSize;             // bytes
    public ushort StripeCount;
    public ushort StripeOffset;
}

/// <summary>The same with a pool (<c>struct lov_user_md_v3</c>).</summary>
[WireStruct("lov_user_md_v3", size: 48, Prefix = "lmm_")]
[WireTail("lmm_objects", typeof(LovOstDataV1))]
public partial record struct LovUserMdV3
{
    public LovUserMagic Magic;
    public LovPattern Pattern;
    [WireName("lmm_oi")] public OstId ObjectId; // of the file, as the MDT names it
    public uint StripeSize;             // bytes
    public ushort StripeCount;
    public ushort StripeOffset;
    public Text16 PoolName;
}
