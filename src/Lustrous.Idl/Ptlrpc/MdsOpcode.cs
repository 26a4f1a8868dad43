using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Opcodes of the metadata target.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("MDS_")]
public enum MdsOpcode : uint
{
    Getattr = 33,
    GetattrName = 34,
    Close = 35,
    Reint = 36,
    Readpage = 37,
    Connect = 38,
    Disconnect = 39,
    GetRoot = 40,
    Statfs = 41,
    Pin = 42,
    Unpin = 43,
    Sync = 44,
    DoneWriting = 45,
    SetInfo = 46,
    Quotacheck = 47,
    Quotactl = 48,
    Getxattr = 49,
    Setxattr = 50,
    Writepage = 51,
    IsSubdir = 52,
    GetInfo = 53,
    HsmStateGet = 54,
    HsmStateSet = 55,
    HsmAction = 56,
    HsmProgress = 57,
    HsmRequest = 58,
    HsmCtRegister = 59,
    HsmCtUnregister = 60,
    SwapLayouts = 61,
    Rmfid = 62,
    Batch = 63,
    HsmDataVersion = 64,
}
