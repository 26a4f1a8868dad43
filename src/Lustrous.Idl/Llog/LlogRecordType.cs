using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>Type of an llog record.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public enum LlogRecordType : uint
{
    LLOG_PAD_MAGIC = 0x10600000,
    OST_SZ_REC = 0x10600F00,
    MDS_UNLINK_REC = 0x10612404,
    OBD_CFG_REC = 0x10620000,
    LLOG_GEN_REC = 0x10640000,
    LLOG_HDR_MAGIC = 0x10645539,
    LLOG_LOGID_MAGIC = 0x1064553B,
    CHANGELOG_REC = 0x10660000,
    CHANGELOG_USER_REC = 0x10670000,
    CHANGELOG_USER_REC2 = 0x10670002,
    HSM_AGENT_REC = 0x10680000,
    MDS_SETATTR64_REC = 0x10692401,
    MDS_UNLINK64_REC = 0x10692404,
    UPDATE_REC = 0x106A0000,
}
