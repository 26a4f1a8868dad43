using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>What FLD_QUERY asks for.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("FLD_")]
public enum FldOperation : uint
{
    Create = 0,
    Delete = 1,
    Lookup = 2,
}
