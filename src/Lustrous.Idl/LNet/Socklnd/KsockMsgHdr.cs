using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet.Socklnd;

/// <summary>Precedes each message on a socklnd connection; an LNet header follows unless it is a NOOP
/// (<c>struct ksock_msg_hdr</c>).</summary>
[WireStruct("ksock_msg_hdr", size: 24, Prefix = "ksh_")]
public partial record struct KsockMsgHdr
{
    public KsockMessageType Type;
    [WireName("ksh_csum")] public uint Checksum;    // 0: none

    // [0] not 0: the receiver acknowledges the message by it; [1]: the cookie acknowledged. A NOOP may acknowledge all
    // from [0] to [1] when it carries both.
    [WireName("ksh_zc_cookies")] public Array2<ulong> ZeroCopyCookies;
}
