using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Head of the linkEA: every name of an object (<c>struct link_ea_header</c>).</summary>
[WireStruct("link_ea_header", size: 24, Prefix = "leh_")]
public partial record struct LinkEaHeader
{
    public uint Magic;
    [WireName("leh_reccount")] public uint RecordCount;
    [WireName("leh_len")] public ulong Length;  // bytes, with this head
    public uint OverflowTime;           // seconds; not 0: names are missing
    public uint Padding;
}

/// <summary>One name in the linkEA; big-endian and at any alignment (<c>struct link_ea_entry</c>).</summary>
[WireStruct("link_ea_entry", size: 18, Prefix = "lee_", Opaque = true)]
[WireTail("lee_name", typeof(byte))]
public partial record struct LinkEaEntry
{
    [WireName("lee_reclen")] public Array2<byte> RecordLength;
    public Array16<byte> ParentFid;
}
