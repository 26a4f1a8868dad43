using Lustrous.Idl.LNet;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mgs;

/// <summary>Where a restarted target is now: a row of the table of imperative recovery
/// (<c>struct mgs_nidtbl_entry</c>).</summary>
[WireStruct("mgs_nidtbl_entry", size: 24, Prefix = "mne_")]
[WireTail("u.nids", typeof(Nid4))]
[WireTail("u.nidlist", typeof(Nid))]
public partial record struct MgsNidTableEntry
{
    public ulong Version;
    public uint Instance;               // of the target
    public uint Index;
    public uint Length;                 // bytes with the NIDs
    public byte Type;                   // LU_SEQ_RANGE_MDT or _OST
    public byte NidType;                // 0: 8-byte NIDs
    public byte NidSize;                // bytes of each
    public byte NidCount;
}
