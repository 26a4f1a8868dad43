using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>4 KiB of a directory. Little-endian on every wire (<c>struct lu_dirpage</c>).</summary>
[WireStruct("lu_dirpage", size: 24, Prefix = "ldp_", Opaque = true)]
[WireTail("ldp_entries", typeof(LuDirent))]
public partial record struct LuDirPage
{
    public ulong HashStart;             // of the first entry
    public ulong HashEnd;               // where the next page begins
    public DirpageFlags Flags;
    public uint Pad0;
}

/// <summary>One entry of a directory page. Little-endian on every wire (<c>struct lu_dirent</c>).</summary>
[WireStruct("lu_dirent", size: 32, Prefix = "lde_", Opaque = true)]
[WireTail("lde_name", typeof(byte))]
public partial record struct LuDirent
{
    public Fid Fid;
    public ulong Hash;                  // the position in the directory
    [WireName("lde_reclen")] public ushort RecordLength;    // bytes to the next entry; 0: the last
    [WireName("lde_namelen")] public ushort NameLength;
    public DirentAttrs Attrs;
}

/// <summary>Follows the name where LUDA_TYPE is set (<c>struct luda_type</c>).</summary>
[WireStruct("luda_type", size: 2, Prefix = "lt_", Opaque = true)]
public partial record struct LuDirentType
{
    public ushort Type;                 // type of file, as st_mode
}
