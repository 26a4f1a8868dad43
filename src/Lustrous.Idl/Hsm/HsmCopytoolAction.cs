using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary>What a copytool is told to do.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("HSMA_")]
public enum HsmCopytoolAction : uint
{
    NONE = 10,
    ARCHIVE = 20,
    RESTORE = 21,
    REMOVE = 22,
    CANCEL = 23,
}
