using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>A counted run of bytes in a kernel's memory: its pointer says nothing here
/// (<c>struct rawobj_s</c>).</summary>
[WireStruct("rawobj_s", size: 16)]
public partial record struct GssRawObject
{
    [WireName("len")] public uint Length;
    public uint Padding;
    public ulong Data;
}

/// <summary>A GSS context as messages refer to it (<c>struct gss_wire_ctx</c>).</summary>
[WireStruct("gss_wire_ctx", size: 32, Prefix = "gw_")]
public partial record struct GssWireContext
{
    public uint Flags;
    [WireName("gw_proc")] public uint Procedure;
    [WireName("gw_seq")] public uint Sequence;
    [WireName("gw_svc")] public uint Service;
    public GssRawObject Handle;
}
