using Lustrous.Idl.LNet;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mgs;

/// <summary>What a target tells the MGS when it registers (<c>struct mgs_target_info</c>).</summary>
[WireStruct("mgs_target_info", size: 4544, Prefix = "mti_")]
[WireTail("mti_nidlist", typeof(Text64))]
public partial record struct MgsTargetInfo
{
    [WireName("mti_lustre_ver")] public uint LustreVersion;
    public uint StripeIndex;
    public uint ConfigVer;
    public LddFlags Flags;
    public uint NidCount;
    public uint Instance;
    [WireName("mti_fsname")] public Text64 FsName;
    [WireName("mti_svname")] public Text64 ServiceName;
    public Text40 Uuid;
    public Array32<Nid4> Nids;
    public Text4096 Params;
}
