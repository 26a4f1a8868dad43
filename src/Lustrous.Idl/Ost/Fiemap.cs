using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>Where a file's bytes lie, as Linux asks and answers (<c>struct fiemap</c>).</summary>
[WireStruct("fiemap", size: 32, Prefix = "fm_")]
[WireTail("fm_extents", typeof(FiemapExtent))]
public partial record struct Fiemap
{
    public ulong Start;
    public ulong Length;
    public FiemapFlags Flags;
    public uint MappedExtents;
    public uint ExtentCount;
    public uint Reserved;
}

/// <summary>One run of a file's bytes on a disk (<c>struct fiemap_extent</c>).</summary>
[WireStruct("fiemap_extent", size: 56, Prefix = "fe_")]
public partial record struct FiemapExtent
{
    public ulong Logical;
    public ulong Physical;
    public ulong Length;
    public Array2<ulong> Reserved64;
    public FiemapExtentFlags Flags;
    public Array3<uint> Reserved;
}

/// <summary>Key of the OST_GET_INFO that asks for a fiemap (<c>struct ll_fiemap_info_key</c>).</summary>
[WireStruct("ll_fiemap_info_key", size: 248, Prefix = "lfik_")]
public partial record struct LlFiemapInfoKey
{
    public Text8 Name;
    [WireName("lfik_oa")] public Obdo Attributes;
    public Fiemap Fiemap;
}
