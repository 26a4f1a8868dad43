using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Opcodes of the object target.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("OST_")]
public enum OstOpcode : uint
{
    Reply = 0,
    Getattr = 1,
    Setattr = 2,
    Read = 3,
    Write = 4,
    Create = 5,
    Destroy = 6,
    GetInfo = 7,
    Connect = 8,
    Disconnect = 9,
    Punch = 10,
    Open = 11,
    Close = 12,
    Statfs = 13,
    Sync = 16,
    SetInfo = 17,
    Quotacheck = 18,
    Quotactl = 19,
    QuotaAdjustQunit = 20,
    Ladvise = 21,
    Fallocate = 22,
    Seek = 23,
}
