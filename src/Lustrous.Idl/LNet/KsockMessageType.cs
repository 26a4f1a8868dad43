using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>What follows a socklnd message header (<c>ksh_type</c>).</summary>
/// <remarks>Source: lnet/klnds/socklnd/socklnd-idl.h.</remarks>
[WireName("KSOCK_MSG_")]
public enum KsockMessageType : uint
{
    /// <summary>Nothing: keepalive, or a zero-copy acknowledgement.</summary>
    NOOP = 0xC0,
    /// <summary>An LNet header and its payload.</summary>
    LNET = 0xC1,
}
