using System.Buffers.Binary;

namespace Lustrous.Echo;

/// <summary>Where the next piece of a socklnd stream ends: acceptor request, HELLO, NOOP or LNet message.</summary>
/// <remarks>Source: lnet/klnds/socklnd/socklnd.h, include/uapi/linux/lnet/{lnet-idl.h,socklnd.h}.</remarks>
static class SocklndCut
{
    const uint AcceptorMagic = 0xacce7100, HelloMagic = 0x45726963, Noop = 0xc0, LNet = 0xc1;
    const int PrefixBytes = 24;                                         // struct ksock_msg_hdr
    const int SmallHeaderBytes = 72, SmallLengthAt = 28;                // struct lnet_hdr_nid4
    const int LargeHeaderBytes = 96, LargeLengthAt = 52;                // struct lnet_hdr_nid16

    /// <summary>Bytes of the first piece; 0 when it takes more to tell, −1 when this is no socklnd stream.</summary>
    /// <param name="bytes">The stream from here on.</param>
    /// <param name="large">Whether the HELLO said 4: 20-byte NIDs from there on.</param>
    public static int Length(ReadOnlySpan<byte> bytes, ref bool large)
    {
        if (bytes.Length < 8)
            return 0;
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        switch (BinaryPrimitives.ReadUInt32LittleEndian(bytes))
        {
            case AcceptorMagic:
                return version == 1 ? 16 : 28;
            case HelloMagic:
                large = version == 4;
                return large ? 80 : 56;
            case Noop:
                return PrefixBytes;
            case LNet:
                int header = PrefixBytes + (large ? LargeHeaderBytes : SmallHeaderBytes);
                return bytes.Length < header ? 0 : header + BinaryPrimitives.ReadInt32LittleEndian(
                    bytes[(PrefixBytes + (large ? LargeLengthAt : SmallLengthAt))..]);
            default:
                return -1;
        }
    }
}
