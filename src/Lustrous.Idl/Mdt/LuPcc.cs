using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Attaches a file to a client's persistent cache (<c>struct lu_pcc_attach</c>).</summary>
[WireStruct("lu_pcc_attach", size: 8, Prefix = "pcca_")]
public partial record struct LuPccAttach
{
    public uint Type;
    public uint Id;
}

/// <summary>Detaches an open file from the cache (<c>struct lu_pcc_detach</c>).</summary>
[WireStruct("lu_pcc_detach", size: 4, Prefix = "pccd_")]
public partial record struct LuPccDetach
{
    public uint Flags;
}

/// <summary>Detaches a file from the cache by FID (<c>struct lu_pcc_detach_fid</c>).</summary>
[WireStruct("lu_pcc_detach_fid", size: 20, Prefix = "pccd_")]
public partial record struct LuPccDetachFid
{
    public Fid Fid;
    public uint Flags;
}

/// <summary>How a file stands in the cache (<c>struct lu_pcc_state</c>).</summary>
[WireStruct("lu_pcc_state", size: 4112, Prefix = "pccs_")]
public partial record struct LuPccState
{
    public uint Type;
    public uint OpenCount;
    public uint Flags;
    [WireName("pccs_namelen")] public uint NameLength;
    public Text4096 Path;
}
