using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>What SEQ_QUERY asks for.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("SEQ_")]
public enum SeqOperation : uint
{
    AllocSuper = 0,
    AllocMeta = 1,
}
