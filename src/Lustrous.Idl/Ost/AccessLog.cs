using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>One access in an OST's access log (<c>struct ofd_access_entry_v1</c>).</summary>
[WireStruct("ofd_access_entry_v1", size: 64, Prefix = "oae_")]
public partial record struct OfdAccessEntryV1
{
    public Fid ParentFid;
    public ulong Begin;
    public ulong End;
    public ulong Time;
    public uint Size;
    public uint SegmentCount;
    public uint Flags;
    public uint Reserved1;
    public uint Reserved2;
    public uint Reserved3;
}

/// <summary>Which access log, and how far it is (<c>struct lustre_access_log_info_v1</c>).</summary>
[WireStruct("lustre_access_log_info_v1", size: 168, Prefix = "lali_")]
public partial record struct LustreAccessLogInfoV1
{
    public uint Version;
    public uint Type;
    public Text128 Name;
    public uint LogSize;
    public uint EntrySize;
    [WireName("_lali_head")] public uint LaliHead;
    [WireName("_lali_tail")] public uint LaliTail;
    [WireName("_lali_entry_space")] public uint LaliEntrySpace;
    [WireName("_lali_entry_count")] public uint LaliEntryCount;
    [WireName("_lali_drop_count")] public uint LaliDropCount;
    [WireName("_lali_is_closed")] public uint LaliIsClosed;
}
