using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>Asks an MDT for the path of a FID, and its answer (<c>struct getinfo_fid2path</c>).</summary>
[WireStruct("getinfo_fid2path", size: 32, Prefix = "gf_")]
[WireTail("gf_path", typeof(byte))]
[WireTail("gf_u.gf_path", typeof(byte))]
[WireTail("gf_u.gf_root_fid", typeof(Fid))]
public partial record struct GetInfoFid2Path
{
    public Fid Fid;
    [WireName("gf_recno")] public ulong RecordNumber;   // 0, or the changelog record that holds an older name
    [WireName("gf_linkno")] public uint LinkNumber; // which of several names
    [WireName("gf_pathlen")] public uint PathLength;    // bytes for the path
}
