using Lustrous.Idl.LNet;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Config;

/// <summary>One command of a configuration llog; lengths of its buffers follow, then the buffers
/// (<c>struct lustre_cfg</c>).</summary>
[WireStruct("lustre_cfg", size: 32, Prefix = "lcfg_")]
[WireTail("lcfg_buflens", typeof(uint))]
public partial record struct LustreCfg
{
    public uint Version;
    public LcfgCommand Command;
    [WireName("lcfg_num")] public uint Number;  // by command
    public uint Flags;
    public Nid4 Nid;
    [WireName("lcfg_nal")] public uint NetworkKind; // unused
    [WireName("lcfg_bufcount")] public uint BufferCount;
}
