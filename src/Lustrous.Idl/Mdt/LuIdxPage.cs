using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>4 KiB of an index, as OBD_IDX_READ gives it. Little-endian (<c>struct lu_idxpage</c>).</summary>
[WireStruct("lu_idxpage", size: 16, Prefix = "lip_", Opaque = true)]
[WireTail("lip_entries", typeof(byte))]
public partial record struct LuIdxPage
{
    public uint Magic;
    public ushort Flags;
    [WireName("lip_nr")] public ushort EntryCount;
    public ulong Pad0;
}
