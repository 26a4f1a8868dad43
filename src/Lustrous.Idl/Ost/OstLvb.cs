using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>Value block of an extent lock: how large and old the object is (<c>struct ost_lvb</c>).</summary>
[WireStruct("ost_lvb", size: 56, Prefix = "lvb_")]
public partial record struct OstLvb
{
    public ulong Size;                  // bytes
    public long Mtime;
    public long Atime;
    public long Ctime;
    public ulong Blocks;                // of 512 bytes
    public uint MtimeNs;
    public uint AtimeNs;
    public uint CtimeNs;
    public uint Padding;
}

/// <summary>The value block without nanoseconds, of peers without LVB_TYPE (<c>struct ost_lvb_v1</c>).</summary>
[WireStruct("ost_lvb_v1", size: 40, Prefix = "lvb_")]
public partial record struct OstLvbV1
{
    public ulong Size;
    public long Mtime;
    public long Atime;
    public long Ctime;
    public ulong Blocks;
}
