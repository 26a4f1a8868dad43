using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary>trusted.hsm: how a file stands with an archive (<c>struct hsm_attrs</c>).</summary>
[WireStruct("hsm_attrs", size: 24, Prefix = "hsm_", Opaque = true)]
public partial record struct HsmAttrs
{
    public uint Compat;
    public HsmStates Flags;
    [WireName("hsm_arch_id")] public ulong ArchiveId;
    [WireName("hsm_arch_ver")] public ulong ArchiveVersion; // data version that was archived
}

/// <summary>Changes a file's HSM flags (<c>struct hsm_state_set</c>).</summary>
[WireStruct("hsm_state_set", size: 24, Prefix = "hss_")]
public partial record struct HsmStateSet
{
    public HsmStateSetValid Valid;
    public uint ArchiveId;
    public ulong Setmask;
    public ulong Clearmask;
}

/// <summary>What is being done with a file (<c>struct hsm_current_action</c>).</summary>
[WireStruct("hsm_current_action", size: 24, Prefix = "hca_")]
public partial record struct HsmCurrentAction
{
    public HsmProgressState State;
    public HsmUserAction Action;
    public HsmExtent Location;
}

/// <summary>State and current action, for lfs hsm_state (<c>struct hsm_user_state</c>).</summary>
[WireStruct("hsm_user_state", size: 32, Prefix = "hus_")]
[WireTail("hus_extended_info", typeof(byte))]
public partial record struct HsmUserState
{
    public HsmStates States;
    public uint ArchiveId;
    public HsmProgressState InProgressState;
    public HsmUserAction InProgressAction;
    public HsmExtent InProgressLocation;
}
