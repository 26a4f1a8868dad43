using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>FID sequences from <see cref="Start"/> up to, without, <see cref="End"/>, and their target.</summary>
[WireStruct("lu_seq_range", size: 24, Prefix = "lsr_")]
public partial record struct LuSeqRange
{
    public ulong Start, End;
    public uint Index;                  // of the MDT or OST
    public uint Flags;                  // LU_SEQ_RANGE_MDT, _OST or _ANY
}
