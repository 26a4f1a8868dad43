using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Update;

/// <summary>Magics of an update request and its reply, and what fits inside the message.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class UpdateConst
{
    public const uint UPDATE_REQUEST_MAGIC = 0xBDDE0002;
    public const uint UPDATE_REPLY_MAGIC = 0xBD0002;
    public const uint OUT_UPDATE_HEADER_MAGIC = 0xBDDF0001;
    public const uint OUT_UPDATE_MAX_INLINE_SIZE = 4096;
}
