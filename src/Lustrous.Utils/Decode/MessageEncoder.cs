using System.Runtime.CompilerServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.LNet.Socklnd;
using Lustrous.Idl.Wire;
using Lustrous.LNet;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Decode;

/// <summary>
/// From a decoded message back to a socklnd stream's bytes: what shows that nothing was lost on the way.
/// </summary>
static class MessageEncoder
{
    public static byte[] Encode(DecodedMessage message)
    {
        CapturedItem item = message.Item;
        bool large = item.Connection.NidBytes == 20;
        int lnet = large ? LNetHeader.Nid16Size : LNetHeader.Nid4Size;
        int socklnd = Unsafe.SizeOf<KsockMsgHdr>();
        byte[] bytes = new byte[socklnd + lnet + (message.Payload?.Size ?? 0)];

        var header = new KsockMsgHdr { Type = KsockMessageType.LNET, Checksum = item.Checksum };
        header.ZeroCopyCookies[0] = item.ZeroCopyRequest;
        header.ZeroCopyCookies[1] = item.ZeroCopyAck;
        WireBytes.OfReadOnly(in header).CopyTo(bytes);
        if (large)
            item.Header.WriteNid16(bytes.AsSpan(socklnd));
        else
            item.Header.WriteNid4(bytes.AsSpan(socklnd));
        message.Payload?.Encode(bytes.AsSpan(socklnd + lnet));
        return bytes;
    }
}
