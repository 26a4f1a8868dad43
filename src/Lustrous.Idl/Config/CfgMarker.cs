using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Config;

/// <summary>Encloses a set of configuration records, so that it can be skipped or cancelled as one
/// (<c>struct cfg_marker</c>).</summary>
[WireStruct("cfg_marker", size: 160, Prefix = "cm_")]
public partial record struct CfgMarker
{
    public uint Step;
    public MarkerFlags Flags;
    [WireName("cm_vers")] public uint Version;  // of Lustre
    public uint Padding;
    [WireName("cm_createtime")] public long CreateTime; // seconds
    [WireName("cm_canceltime")] public long CancelTime; // seconds; 0: stands
    [WireName("cm_tgtname")] public Text64 TargetName;
    public Text64 Comment;
}
