using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>Traffic counters of a node (<c>struct lnet_counters_common</c>).</summary>
[WireStruct("lnet_counters_common", size: 60, Prefix = "lcc_")]
public partial record struct LNetCountersCommon
{
    public uint MsgsAlloc;
    public uint MsgsMax;
    public uint Errors;
    public uint SendCount;
    public uint RecvCount;
    public uint RouteCount;
    public uint DropCount;
    public ulong SendLength;
    public ulong RecvLength;
    public ulong RouteLength;
    public ulong DropLength;
}
