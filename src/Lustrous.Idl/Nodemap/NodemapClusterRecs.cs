using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>A nodemap (<c>struct nodemap_cluster_rec</c>).</summary>
[WireStruct("nodemap_cluster_rec", size: 32, Prefix = "ncr_", Opaque = true)]
public partial record struct NodemapClusterRec
{
    public Text17 Name;
    public NodemapFlags Flags;
    public NodemapFlags2 Flags2;
    public byte Padding1;
    [WireName("ncr_squash_projid")] public uint SquashProjectId;
    public uint SquashUid;
    public uint SquashGid;
}

/// <summary>What the clients of a nodemap may do (<c>struct nodemap_cluster_roles_rec</c>).</summary>
[WireStruct("nodemap_cluster_roles_rec", size: 32, Prefix = "ncrr_", Opaque = true)]
public partial record struct NodemapClusterRolesRec
{
    public ulong Roles;
    public ulong Privs;
    public ulong RolesRaise;
    public ulong Unused1;
}

/// <summary>Ids of a nodemap shifted into a range of their own (<c>struct nodemap_offset_rec</c>).</summary>
[WireStruct("nodemap_offset_rec", size: 32, Prefix = "nor_", Opaque = true)]
public partial record struct NodemapOffsetRec
{
    public uint StartUid;
    public uint LimitUid;
    public uint StartGid;
    public uint LimitGid;
    [WireName("nor_start_projid")] public uint StartProjectId;
    [WireName("nor_limit_projid")] public uint LimitProjectId;
    public uint Padding1;
    public uint Padding2;
}

/// <summary>Capabilities that users of a nodemap keep (<c>struct nodemap_user_capabilities_rec</c>).</summary>
[WireStruct("nodemap_user_capabilities_rec", size: 32, Prefix = "nucr_", Opaque = true)]
public partial record struct NodemapUserCapabilitiesRec
{
    public ulong Caps;
    public byte Type;
    public byte Padding1;
    public ushort Padding2;
    public uint Padding3;
    public ulong Padding4;
    public ulong Padding5;
}
