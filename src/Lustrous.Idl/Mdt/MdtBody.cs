using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Attributes of one object, in requests and replies (<c>struct mdt_body</c>).</summary>
[WireStruct("mdt_body", size: 216, Prefix = "mbo_")]
public partial record struct MdtBody
{
    public Fid Fid1;                    // the object; or parent and child for operations by name
    public Fid Fid2;
    public LustreHandle OpenHandle;
    public MdtValid Valid;              // which fields below hold a value
    public ulong Size;                  // bytes; MDS_READPAGE: offset of the first page
    public long Mtime;                  // seconds, as all times here
    public long Atime;
    public long Ctime;
    public ulong Blocks;                // of 512 bytes
    public ulong Version;               // was ioepoch
    [WireName("mbo_t_state")] public ulong TransientState;  // MdtTransientState
    [WireName("mbo_fsuid")] public uint FsUid;  // who asks
    [WireName("mbo_fsgid")] public uint FsGid;
    public uint Capability;
    public uint Mode;                   // type and permissions, as st_mode
    public uint Uid;
    public uint Gid;
    public InodeFlags Flags;
    public uint Rdev;                   // of a device
    public uint Nlink;
    [WireName("mbo_layout_gen")] public uint LayoutGeneration;
    [WireName("mbo_suppgid")] public uint SupplementaryGid;
    [WireName("mbo_eadatasize")] public uint EaDataSize;    // request: room for the layout; reply: its bytes
    [WireName("mbo_aclsize")] public uint AclSize;
    [WireName("mbo_max_mdsize")] public uint MaxMdSize; // bytes of the largest layout
    public uint Unused3;
    [WireName("mbo_uid_h")] public uint UidHigh;
    [WireName("mbo_gid_h")] public uint GidHigh;
    [WireName("mbo_projid")] public uint ProjectId;
    public ulong DomSize;               // of data kept on the MDT
    public ulong DomBlocks;
    public ulong Btime;                 // birth
    public ulong XattrAbsent;           // XattrNegativeBit
    public ulong Padding10;
}
