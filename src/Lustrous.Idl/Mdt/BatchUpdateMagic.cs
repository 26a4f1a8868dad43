namespace Lustrous.Idl.Mdt;

/// <summary>What the parts of an MDS_BATCH begin with.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
public static class BatchUpdateMagic
{
    /// <summary>The request's header (<c>BUT_HEADER_MAGIC</c>).</summary>
    public const uint Header = 0xBADF0001;

    /// <summary>A buffer of requests (<c>BUT_REQUEST_MAGIC</c>).</summary>
    public const uint Request = 0xBADE0001;

    /// <summary>The reply (<c>BUT_REPLY_MAGIC</c>).</summary>
    public const uint Reply = 0x00AD0001;

    /// <summary>Bytes of header and requests up to which they lie in the message itself
    /// (<c>OUT_UPDATE_MAX_INLINE_SIZE</c>).</summary>
    public const int MaxInlineSize = 4096;
}
