using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>Kinds of LNet message, with their wire numbers (<c>enum lnet_msg_type</c>).</summary>
/// <remarks>Source: include/uapi/linux/lnet/lnet-idl.h.</remarks>
[WireName("LNET_MSG_")]
public enum LNetMessageType : uint
{
    Ack = 0,
    Put = 1,
    Get = 2,
    Reply = 3,
    Hello = 4,
}
