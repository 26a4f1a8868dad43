using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>Bounds of precreation, and how an LVB carries an error in <c>lvb_blocks</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("OST_")]
public static class OstConst
{
    public const int MAX_PRECREATE = 20000;
    public const int MIN_PRECREATE = 32;
    public const ulong LVB_ERR_INIT = 0xFFBADBAD80000000;
    public const ulong LVB_ERR_MASK = 0xFFBADBAD00000000;
}
