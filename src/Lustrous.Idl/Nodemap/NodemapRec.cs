using Lustrous.Idl.LNet;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>A value of the nodemap index, by its key (<c>union nodemap_rec</c>). Little-endian.</summary>
[WireStruct("nodemap_rec", size: 32, Opaque = true)]
public partial record struct NodemapRec
{
    public Array32<byte> Bytes;

    public readonly NodemapClusterRec Cluster => WireBytes.View<NodemapRec, NodemapClusterRec>(in this);

    public readonly NodemapRangeRec Range => WireBytes.View<NodemapRec, NodemapRangeRec>(in this);

    public readonly NodemapRange2Rec Range2 => WireBytes.View<NodemapRec, NodemapRange2Rec>(in this);

    public readonly NodemapIdRec Id => WireBytes.View<NodemapRec, NodemapIdRec>(in this);

    public readonly NodemapGlobalRec Global => WireBytes.View<NodemapRec, NodemapGlobalRec>(in this);

    public readonly NodemapClusterRolesRec ClusterRoles =>
        WireBytes.View<NodemapRec, NodemapClusterRolesRec>(in this);

    public readonly NodemapOffsetRec Offset => WireBytes.View<NodemapRec, NodemapOffsetRec>(in this);

    public readonly NodemapFilesetHeaderRec FilesetHeader =>
        WireBytes.View<NodemapRec, NodemapFilesetHeaderRec>(in this);

    public readonly NodemapFilesetRec Fileset => WireBytes.View<NodemapRec, NodemapFilesetRec>(in this);

    public readonly NodemapUserCapabilitiesRec UserCapabilities =>
        WireBytes.View<NodemapRec, NodemapUserCapabilitiesRec>(in this);

    /// <summary>A value made of one of the views.</summary>
    public static NodemapRec From<TView>(in TView view) where TView : unmanaged, IWireStruct<TView>
    {
        NodemapRec record = default;
        WireBytes.SetView(ref record, in view);
        return record;
    }
}

/// <summary>Key of the nodemap index (<c>struct nodemap_key</c>).</summary>
[WireStruct("nodemap_key", size: 8, Prefix = "nk_", Opaque = true)]
public partial record struct NodemapKey
{
    public uint NodemapId;              // kind of record in the upper 4 bits
    [WireName("nk_cluster_subid"), WireName("nk_range_id"), WireName("nk_id_client"), WireName("nk_unused")]
    public uint SubId;                  // by the kind
}

/// <summary>A range of NIDs that a nodemap is for (<c>struct nodemap_range_rec</c>).</summary>
[WireStruct("nodemap_range_rec", size: 32, Prefix = "nrr_", Opaque = true)]
public partial record struct NodemapRangeRec
{
    public Nid4 StartNid;
    public Nid4 EndNid;
    public ulong Padding1;
    public ulong Padding2;
}

/// <summary>A prefix of large NIDs that a nodemap is for (<c>struct nodemap_range2_rec</c>).</summary>
[WireStruct("nodemap_range2_rec", size: 32, Prefix = "nrr_", Opaque = true)]
public partial record struct NodemapRange2Rec
{
    public Nid NidPrefix;
    public uint Padding1;
    public uint Padding2;
    public ushort Padding3;
    public byte Padding4;
    public byte Netmask;
}

/// <summary>A client's id as the file system knows it (<c>struct nodemap_id_rec</c>).</summary>
[WireStruct("nodemap_id_rec", size: 32, Prefix = "nir_", Opaque = true)]
public partial record struct NodemapIdRec
{
    public uint IdFs;
    public uint Padding1;
    public ulong Padding2;
    public ulong Padding3;
    public ulong Padding4;
}

/// <summary>Whether nodemaps are in force (<c>struct nodemap_global_rec</c>).</summary>
[WireStruct("nodemap_global_rec", size: 32, Prefix = "ngr_", Opaque = true)]
public partial record struct NodemapGlobalRec
{
    public byte IsActive;
    public byte Padding1;
    public ushort Padding2;
    public uint Padding3;
    public ulong Padding4;
    public ulong Padding5;
    public ulong Padding6;
}
