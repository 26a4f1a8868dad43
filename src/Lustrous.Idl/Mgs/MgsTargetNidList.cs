using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mgs;

/// <summary>Follows the parameters when NIDs come as text (<c>struct mgs_target_nidlist</c>).</summary>
[WireStruct("mgs_target_nidlist", size: 8, Prefix = "mtn_")]
[WireTail("mtn_inline_list", typeof(Text64))]
public partial record struct MgsTargetNidList
{
    public MgsNidListFlags Flags;
    [WireName("mtn_nids")] public uint NidCount;
}
