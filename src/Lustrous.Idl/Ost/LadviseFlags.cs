using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>How an advice is carried out.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("LF_")]
public enum LadviseFlags : ulong
{
    ASYNC = 0x1,
    UNSET = 0x2,
}
