using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Bit numbers of attributes a reply says are absent.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("MBO_XA_")]
public enum XattrNegativeBit : uint
{
    SEC_SELINUX = 0,
    SEC_SMACK = 1,
}
