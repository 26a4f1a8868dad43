using System.Net;
using CsCheck;
using Lustrous.Idl.LNet;
using Lustrous.LNet.Tests.Support;

namespace Lustrous.LNet.Tests;

/// <summary>Headers as kernels write them.</summary>
public sealed class LNetHeaderTests
{
    [Theory, InlineData(0), InlineData(1), InlineData(3)]
    public void A_kernel_header_reads_and_rewrites_unchanged(int line)
    {
        byte[] bytes = LNetFixture.Lines("ping-2.17.hex")[line];
        byte[] again = new byte[LNetHeader.Nid4Size];
        LNetHeader.ReadNid4(bytes).WriteNid4(again);
        Assert.Equal(bytes, again);
    }

    [Fact]
    public void The_fields_of_a_kernel_ping_are_where_we_look_for_them()
    {
        LNetHeader get = LNetHeader.ReadNid4(LNetFixture.Lines("ping-2.17.hex")[0]);
        Assert.Equal((TestWorld.Nid(10), TestWorld.Nid(21)), (get.DestinationNid, get.SourceNid));
        Assert.Equal((LNetMessageType.Get, 12345u, 12345u), (get.Type, get.DestinationPid, get.SourcePid));
        Assert.Equal((0u, 0x8000000000000000, 0u, 272u), (get.Portal, get.MatchBits, get.Offset, get.Length));
        Assert.Equal(new WireHandle(0x18ea6f395c981f19, 9), get.Handle);
    }

    [Fact]
    public void Every_header_survives_both_forms() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong, Gen.UInt, Gen.UInt, Gen.UInt[0, 3]).Sample((a, b, c, d, e, type) =>
        {
            var header = new LNetHeader
            {
                DestinationNid = Nid.FromNid4((ulong)LNetType.Tcp << 48 | (a & 0xffff_ffffffff)),
                SourceNid = Nid.FromIPAddress((uint)LNetType.Tcp << 16, IPAddress.Parse("fe80::1")),
                DestinationPid = d,
                SourcePid = e,
                Type = (LNetMessageType)type,
                PayloadLength = d ^ e,
                Handle = new(a, b),
            };
            if (type is 1 or 2 or 0)
                header.MatchBits = c;
            if (type == 1)
                header.HeaderData = a ^ c;
            if (type is 1 or 2)
                (header.Portal, header.Offset) = (e, d);
            if (type is 0 or 2)
                header.Length = d;
            byte[] large = new byte[LNetHeader.Nid16Size];
            header.WriteNid16(large);
            Assert.Equal(header, LNetHeader.ReadNid16(large));

            Assert.False(header.FitsNid4);
            header.SourceNid = header.DestinationNid;
            Assert.True(header.FitsNid4);
            byte[] small = new byte[LNetHeader.Nid4Size];
            header.WriteNid4(small);
            Assert.Equal(header, LNetHeader.ReadNid4(small));
        }, iter: 2000);
}
