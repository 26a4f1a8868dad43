using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary><c>mbo_t_state</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("MS_")]
public enum MdtTransientState : uint
{
    RESTORE = 0x1,
}
