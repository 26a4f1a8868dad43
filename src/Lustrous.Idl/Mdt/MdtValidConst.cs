using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Ends: of an object as a punch or lock sees it, and of a directory as readdir does.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class MdtValidConst
{
    public const ulong OBD_OBJECT_EOF = 0xFFFFFFFFFFFFFFFF;
    public const ulong MDS_DIR_END_OFF = 0xFFFFFFFFFFFFFFFE;
}
