using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary>The whole: files follow, then data (<c>struct hsm_user_request</c>).</summary>
[WireStruct("hsm_user_request", size: 24, Prefix = "hur_")]
[WireTail("hur_user_item", typeof(HsmUserItem))]
public partial record struct HsmUserRequest
{
    public HsmRequest Request;
}

/// <summary>What a user wants of HSM (<c>struct hsm_request</c>).</summary>
[WireStruct("hsm_request", size: 24, Prefix = "hr_")]
public partial record struct HsmRequest
{
    public HsmUserAction Action;
    public uint ArchiveId;
    public HsmRequestFlags Flags;
    [WireName("hr_itemcount")] public uint ItemCount;
    [WireName("hr_data_len")] public uint DataLength;
}

/// <summary>One file of it (<c>struct hsm_user_item</c>).</summary>
[WireStruct("hsm_user_item", size: 32, Prefix = "hui_")]
public partial record struct HsmUserItem
{
    public Fid Fid;
    public HsmExtent Extent;
}

/// <summary>Makes a file that stands only in an archive (<c>struct hsm_user_import</c>).</summary>
[WireStruct("hsm_user_import", size: 48, Prefix = "hui_")]
public partial record struct HsmUserImport
{
    public ulong Size;
    public ulong Atime;
    public ulong Mtime;
    public uint AtimeNs;
    public uint MtimeNs;
    public uint Uid;
    public uint Gid;
    public uint Mode;
    public uint ArchiveId;
}
