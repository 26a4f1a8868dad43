using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Magic of the list of names a file has (<c>trusted.link</c>).</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class LinkEaConst
{
    public const uint LINK_EA_MAGIC = 0x11EAF1DF;
}
