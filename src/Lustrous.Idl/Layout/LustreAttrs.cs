using Lustrous.Idl.Disk;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>trusted.lma: an object's own FID and what is special about it. Little-endian
/// (<c>struct lustre_mdt_attrs</c>).</summary>
[WireStruct("lustre_mdt_attrs", size: 24, Prefix = "lma_", Opaque = true)]
public partial record struct LustreMdtAttrs
{
    public LmaCompat Compat;
    public LmaIncompat Incompat;        // who does not know a bit here must not touch the object
    public Fid SelfFid;
}

/// <summary>The same of an OST object, with the file it belongs to (<c>struct lustre_ost_attrs</c>).</summary>
[WireStruct("lustre_ost_attrs", size: 64, Prefix = "loa_", Opaque = true)]
public partial record struct LustreOstAttrs
{
    public LustreMdtAttrs Lma;
    public Fid ParentFid;
    public uint StripeSize;
    [WireName("loa_comp_id")] public uint ComponentId;
    [WireName("loa_comp_start")] public ulong ComponentStart;
    [WireName("loa_comp_end")] public ulong ComponentEnd;
}

/// <summary>trusted.som: the size of a file as the MDT knows it (<c>struct lustre_som_attrs</c>).</summary>
[WireStruct("lustre_som_attrs", size: 24, Prefix = "lsa_", Opaque = true)]
public partial record struct LustreSomAttrs
{
    public SomFlags Valid;
    public Array3<ushort> Reserved;
    public ulong Size;
    public ulong Blocks;                // of 512 bytes
}
