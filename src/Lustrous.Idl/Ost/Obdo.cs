using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>Attributes of one OST object, in requests and replies (<c>struct obdo</c>).</summary>
[WireStruct("obdo", size: 208, Prefix = "o_")]
public partial record struct Obdo
{
    public MdtValid Valid;              // which fields below hold a value
    [WireName("o_oi")] public OstId ObjectId;
    [WireName("o_parent_seq")] public ulong ParentSequence; // FID of the file
    public ulong Size;
    public long Mtime;                  // seconds, as all times here
    public long Atime;
    public long Ctime;
    public ulong Blocks;                // of 512 bytes; brw from a client: dirty bytes it wants to write
    public ulong Grant;                 // bytes
    [WireName("o_blksize")] public uint BlockSize;
    public uint Mode;                   // brw from a client: undirty
    public uint Uid;
    public uint Gid;
    public ObdoFlags Flags;
    public uint Nlink;                  // brw: checksum
    [WireName("o_parent_oid")] public uint ParentObjectId;
    public uint Misc;                   // brw: dropped grant
    public ulong Ioepoch;
    public uint StripeIdx;
    public uint ParentVer;
    public LustreHandle Handle;
    public OstLayout Layout;
    public uint LayoutVersion;          // 0: any
    [WireName("o_uid_h")] public uint UidHigh;
    [WireName("o_gid_h")] public uint GidHigh;
    public ulong DataVersion;
    [WireName("o_projid")] public uint ProjectId;
    public uint Padding4;
    public ulong Padding5;
    public ulong Padding6;
}

/// <summary>The part of a file's layout that an object belongs to, which OSTs keep for repair
/// (<c>struct ost_layout</c>).</summary>
[WireStruct("ost_layout", size: 28, Prefix = "ol_")]
public partial record struct OstLayout
{
    public uint StripeSize;
    public uint StripeCount;
    [WireName("ol_comp_start")] public ulong ComponentStart;
    [WireName("ol_comp_end")] public ulong ComponentEnd;
    [WireName("ol_comp_id")] public uint ComponentId;
}

/// <summary>The body of most OST requests and replies (<c>struct ost_body</c>).</summary>
[WireStruct("ost_body", size: 208)]
public partial record struct OstBody
{
    [WireName("oa")] public Obdo Attributes;
}
