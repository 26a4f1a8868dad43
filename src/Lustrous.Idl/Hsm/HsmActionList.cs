using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary>Work for a copytool: the file system's name follows, then the items, each at 8 bytes
/// (<c>struct hsm_action_list</c>).</summary>
[WireStruct("hsm_action_list", size: 32, Prefix = "hal_")]
[WireTail("hal_fsname", typeof(byte))]
public partial record struct HsmActionList
{
    public uint Version;
    public uint Count;
    public ulong CompoundId;
    public HsmRequestFlags Flags;
    public uint ArchiveId;
    [WireName("padding1")] public uint Padding1;
}

/// <summary>One file to archive, restore or remove; data for the copytool follow
/// (<c>struct hsm_action_item</c>).</summary>
[WireStruct("hsm_action_item", size: 72, Prefix = "hai_")]
[WireTail("hai_data", typeof(byte))]
public partial record struct HsmActionItem
{
    [WireName("hai_len")] public uint Length;   // bytes with the data
    public HsmCopytoolAction Action;
    public Fid Fid;
    [WireName("hai_dfid")] public Fid DataFid;  // of the copy to restore into
    public HsmExtent Extent;
    public ulong Cookie;
    [WireName("hai_gid")] public ulong GroupId; // of the group lock to use
}
