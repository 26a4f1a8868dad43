using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>State of one interface in a ping buffer.</summary>
/// <remarks>Source: include/uapi/linux/lnet/lnet-idl.h.</remarks>
[WireName("LNET_NI_STATUS_")]
public enum NiStatus : uint
{
    INVALID = 0,
    UP = 0x15AAC0DE,
    DOWN = 0xDEADFACE,
}
