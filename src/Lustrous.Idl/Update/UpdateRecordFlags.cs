using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Update;

/// <summary><c>ur_flags</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("UPDATE_RECORD_")]
public enum UpdateRecordFlags : uint
{
    CONTINUE = 0x1,
}
