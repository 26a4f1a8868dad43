using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Asks for pages of an index, and tells what they are (<c>struct idx_info</c>).</summary>
[WireStruct("idx_info", size: 80, Prefix = "ii_")]
public partial record struct IdxInfo
{
    public uint Magic;
    public uint Flags;                  // IndexInfoFlags
    public ushort Count;                // pages wanted, or 4 KiB units returned
    public ushort Pad0;
    public uint Attrs;
    public Fid Fid;
    public ulong Version;
    public ulong HashStart;
    public ulong HashEnd;
    [WireName("ii_keysize")] public ushort KeySize; // bytes; 0: as recorded
    [WireName("ii_recsize")] public ushort RecordSize;
    public uint Pad1;
    public ulong Pad2;
    public ulong Pad3;
}
