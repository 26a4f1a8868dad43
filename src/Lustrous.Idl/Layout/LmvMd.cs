using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>Layout of a striped directory; the FIDs of its stripes follow (<c>struct lmv_mds_md_v1</c>).</summary>
[WireStruct("lmv_mds_md_v1", size: 56, Prefix = "lmv_")]
[WireTail("lmv_stripe_fids", typeof(Fid))]
public partial record struct LmvMdsMdV1
{
    public LmvMagic Magic;
    public uint StripeCount;
    public uint MasterMdtIndex;
    public LmvHashType HashType;
    public uint LayoutVersion;
    public uint MigrateOffset;          // stripes from here on are the old ones, being migrated
    public LmvHashType MigrateHash;
    public uint Padding2;
    public ulong Padding3;
    public Text16 PoolName;
}

/// <summary>One stripe of a directory (<c>struct lmv_user_mds_data</c>).</summary>
[WireStruct("lmv_user_mds_data", size: 24, Prefix = "lum_")]
public partial record struct LmvUserMdsData
{
    public Fid Fid;
    public uint Padding;
    [WireName("lum_mds")] public uint Mdt;  // index
}

/// <summary>The directory layout a user wants (<c>struct lmv_user_md_v1</c>).</summary>
[WireStruct("lmv_user_md_v1", size: 48, Prefix = "lum_")]
[WireTail("lum_objects", typeof(LmvUserMdsData))]
public partial record struct LmvUserMdV1
{
    public LmvMagic Magic;
    public int StripeCount;
    public uint StripeOffset;           // index of the first MDT
    public LmvHashType HashType;
    public LmvType Type;
    public LmvInherit MaxInherit;       // levels of directories below that inherit it
    [WireName("lum_max_inherit_rr")] public LmvInheritRoundRobin MaxInheritRoundRobin;
    public ushort Padding1;
    public uint Padding2;
    public uint Padding3;
    public Text16 PoolName;
}
