using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>One component of a composite layout (<c>struct lov_comp_md_entry_v1</c>).</summary>
[WireStruct("lov_comp_md_entry_v1", size: 48, Prefix = "lcme_")]
public partial record struct LovCompMdEntryV1
{
    public uint Id;                     // mirror above, component below
    public LcmeFlags Flags;
    public LuExtent Extent;
    public uint Offset;                 // of its own layout, from the start of the composite
    public uint Size;                   // bytes of its own layout
    [WireName("lcme_layout_gen")] public uint LayoutGeneration;
    public ulong TimeAndId;             // 48 bits: seconds, when marked; above: linked mirror
    [WireName("lcme_dstripe_count")] public byte DataStripeCount;   // erasure code
    [WireName("lcme_cstripe_count")] public byte CodeStripeCount;
    [WireName("lcme_compr_type")] public byte CompressionType;
    [WireName("lcme_compr_lvl")] public byte CompressionLevelAndChunk;  // lower 4 bits: level
}

/// <summary>A composite layout; its components follow, then their layouts (<c>struct lov_comp_md_v1</c>).</summary>
[WireStruct("lov_comp_md_v1", size: 32, Prefix = "lcm_")]
[WireTail("lcm_entries", typeof(LovCompMdEntryV1))]
public partial record struct LovCompMdV1
{
    public LovMagic Magic;
    public uint Size;                   // bytes of all of it
    [WireName("lcm_layout_gen")] public uint LayoutGeneration;
    public LcmFlags Flags;
    public ushort EntryCount;
    public ushort MirrorCount;          // less one
    [WireName("lcm_ec_count")] public byte ErasureCodeCount;
    public byte Padding3;
    public Array2<ushort> Padding1;
    public ulong Padding2;
}
