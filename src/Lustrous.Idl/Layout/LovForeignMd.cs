using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>A layout that is not Lustre's (<c>struct lov_foreign_md</c>).</summary>
[WireStruct("lov_foreign_md", size: 16, Prefix = "lfm_")]
[WireTail("lfm_value", typeof(byte))]
public partial record struct LovForeignMd
{
    public LovMagic Magic;
    public uint Length;
    public ForeignType Type;
    public uint Flags;
}

/// <summary>Where an archive holds a file (<c>struct lov_hsm_base</c>).</summary>
[WireStruct("lov_hsm_base", size: 56, Prefix = "lhb_")]
public partial record struct LovHsmBase
{
    public ulong ArchiveId;
    public ulong ArchiveVer;
    public Text40 Uuid;
}

/// <summary>A component that stands in an archive (<c>struct lov_hsm_md</c>).</summary>
[WireStruct("lov_hsm_md", size: 72, Prefix = "lhm_")]
public partial record struct LovHsmMd
{
    public LovMagic Magic;
    public uint Length;
    public ForeignType Type;
    public uint Flags;
    public LovHsmBase Hsm;
}
