using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>
/// LNet portals: FOO_REQUEST for requests to the service FOO, FOO_REPLY for its replies, FOO_BULK for its bulk.
/// </summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class Portals
{
    public const uint CONNMGR_REPLY_PORTAL = 2;
    public const uint CONNMGR_REQUEST_PORTAL = 1;
    public const uint FLD_REQUEST_PORTAL = 29;
    public const uint LDLM_CANCEL_REPLY_PORTAL = 18;
    public const uint LDLM_CANCEL_REQUEST_PORTAL = 17;
    public const uint LDLM_CB_REPLY_PORTAL = 16;
    public const uint LDLM_CB_REQUEST_PORTAL = 15;
    public const uint MDC_REPLY_PORTAL = 10;
    public const uint MDS_BULK_PORTAL = 14;
    /// <summary>Reads and writes of data on the MDT.</summary>
    public const uint MDS_IO_PORTAL = 13;
    public const uint MDS_READPAGE_PORTAL = 23;
    public const uint MDS_REQUEST_PORTAL = 12;
    public const uint MGC_REPLY_PORTAL = 25;
    public const uint MGS_BULK_PORTAL = 33;
    public const uint MGS_REPLY_PORTAL = 27;
    public const uint MGS_REQUEST_PORTAL = 26;
    public const uint OSC_REPLY_PORTAL = 4;
    public const uint OST_BULK_PORTAL = 8;
    public const uint OST_CREATE_PORTAL = 7;
    public const uint OST_IO_PORTAL = 6;
    public const uint OST_REQUEST_PORTAL = 28;
    /// <summary>Updates between targets, and MDS_BATCH.</summary>
    public const uint OUT_PORTAL = 24;
    public const uint SEQ_CONTROLLER_PORTAL = 32;
    public const uint SEQ_DATA_PORTAL = 31;
    public const uint SEQ_METADATA_PORTAL = 30;
}
