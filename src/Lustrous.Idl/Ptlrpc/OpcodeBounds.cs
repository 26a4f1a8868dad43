using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>First opcode of each service and the number after its last.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class OpcodeBounds
{
    public const uint FLD_FIRST_OPC = 900;
    public const uint FLD_LAST_OPC = 902;
    public const uint LDLM_LAST_OPC = 108;
    public const uint LFSCK_FIRST_OPC = 1101;
    public const uint LFSCK_LAST_OPC = 1103;
    public const uint LLOG_FIRST_OPC = 501;
    public const uint LLOG_LAST_OPC = 510;
    public const uint MDS_FIRST_OPC = 33;
    public const uint MDS_LAST_OPC = 65;
    public const uint MGS_LAST_OPC = 257;
    public const uint OBD_LAST_OPC = 404;
    public const uint OST_LAST_OPC = 24;
    public const uint OUT_UPDATE_LAST_OPC = 1001;
    public const uint QUOTA_LAST_OPC = 603;
    public const uint SEC_LAST_OPC = 804;
    public const uint SEQ_FIRST_OPC = 700;
    public const uint SEQ_LAST_OPC = 701;
    public const uint MGS_FIRST_OPC = 250;
    public const uint OBD_FIRST_OPC = 400;
    public const uint SEC_FIRST_OPC = 801;
    public const uint LDLM_FIRST_OPC = 101;
    public const uint OST_FIRST_OPC = 0;
    public const uint OUT_UPDATE_FIRST_OPC = 1000;
    public const uint QUOTA_FIRST_OPC = 601;
}
