using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>What the GSS daemon tells the kernel of a context being set up (<c>struct rsi_downcall_data</c>).</summary>
[WireStruct("rsi_downcall_data", size: 40, Prefix = "sid_")]
[WireTail("sid_val", typeof(byte))]
public partial record struct GssInitDowncall
{
    public uint Magic;
    [WireName("sid_err")] public int Error;
    public uint Unused;
    [WireName("sid_maj_stat")] public uint MajorStatus;
    [WireName("sid_min_stat")] public uint MinorStatus;
    [WireName("sid_len")] public uint Length;
    public long Offset;
    public ulong Hash;
}

/// <summary>What the GSS daemon tells the kernel of a context that stands (<c>struct rsc_downcall_data</c>).</summary>
[WireStruct("rsc_downcall_data", size: 72, Prefix = "scd_")]
[WireTail("scd_val", typeof(byte))]
public partial record struct GssContextDowncall
{
    public uint Magic;
    [WireName("scd_err")] public int Error;
    public uint Flags;
    public uint MappedUid;
    public uint Uid;
    public uint Gid;
    [WireName("scd_mechname")] public Text8 MechanismName;
    [WireName("scd_nmname")] public Text24 NodemapName;
    public long Offset;
    [WireName("scd_len")] public uint Length;
    public uint Padding;
}
