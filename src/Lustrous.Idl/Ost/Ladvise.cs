using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>Advice on one range of a file (<c>struct lu_ladvise</c>).</summary>
[WireStruct("lu_ladvise", size: 32, Prefix = "lla_")]
public partial record struct LuLadvise
{
    public LadviseType Advice;
    public ushort Value1;
    public uint Value2;
    public ulong Start;
    public ulong End;
    public uint Value3;
    public uint Value4;
}

/// <summary>Head of a list of advice (<c>struct ladvise_hdr</c>).</summary>
[WireStruct("ladvise_hdr", size: 32, Prefix = "lah_")]
[WireTail("lah_advise", typeof(LuLadvise))]
public partial record struct LadviseHdr
{
    public uint Magic;
    public uint Count;
    public LadviseFlags Flags;
    public uint Value1;
    public uint Value2;
    public ulong Value3;
}
