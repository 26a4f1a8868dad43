using System.Net;
using System.Runtime.InteropServices;
using CsCheck;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;

namespace Lustrous.Idl.Tests.LNet;

public sealed class NidTests
{
    static readonly Gen<Nid> AnyNid = Gen.OneOf(
        Gen.Select(
            OneOf(
                LNetType.Tcp, LNetType.O2ib, LNetType.GniIp, LNetType.Gni, LNetType.Kfi, LNetType.Ptl4, LNetType.Bxi3),
            Gen.UShort, Gen.UInt,
            (type, number, address) => Nid.FromNid4((ulong)type << 48 | (ulong)number << 32 | address)),
        Gen.Select(
            OneOf(LNetType.Tcp, LNetType.O2ib, LNetType.Efa), Gen.UShort, Gen.Byte.Array[16],
            (type, number, bytes) => Nid.FromIPAddress(LNetNames.MakeNet(type, number), new IPAddress(bytes))));

    static Gen<LNetType> OneOf(params LNetType[] types) => Gen.Int[0, types.Length - 1].Select(i => types[i]);

    [Theory]
    [InlineData("10.99.0.10@tcp", "10.99.0.10@tcp")]
    [InlineData("10.99.0.10@tcp0", "10.99.0.10@tcp")]
    [InlineData("10.99.0.10", "10.99.0.10@tcp")]
    [InlineData("10.99.0.10@tcp1", "10.99.0.10@tcp1")]
    [InlineData("192.168.1.1@o2ib3", "192.168.1.1@o2ib3")]
    [InlineData("0@lo", "0@lo")]
    [InlineData("17@gni", "17@gni")]
    [InlineData("0x11@gni", "17@gni")]
    [InlineData("5@kfi65535", "5@kfi65535")]
    [InlineData("1.2.3.4@gip", "1.2.3.4@gip")]
    [InlineData("3@ptlf", "3@ptlf")]
    [InlineData("9@bxi3f2", "9@bxi3f2")]
    [InlineData("fd00::1@tcp1", "fd00::1@tcp1")]
    [InlineData("FD00:0:0:0:0:0:0:1@tcp", "fd00::1@tcp")]
    [InlineData("::1@o2ib", "::1@o2ib")]
    [InlineData("<?>", "<?>")]
    public void A_NID_is_read_and_written_as_Lustre_does(string text, string canonical) =>
        Assert.Equal(canonical, Nid.Parse(text).Value.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("@tcp")]
    [InlineData("10.0.0@tcp")]
    [InlineData("10.0.0.256@tcp")]
    [InlineData("10.0.0.1.2@tcp")]
    [InlineData("10.0.0.1@")]
    [InlineData("10.0.0.1@xyz")]
    [InlineData("10.0.0.1@tcp65536")]
    [InlineData("10.0.0.1@tcp-1")]
    [InlineData("10.0.0.1@tcp1x")]
    [InlineData("10.0.0.1@tcp@tcp")]
    [InlineData("1@lo")]
    [InlineData("0@lo1")]
    [InlineData("10.0.0.1@gni")]
    [InlineData("4294967296@gni")]
    [InlineData("fe80::1%eth0@tcp")]
    [InlineData("[::1]@tcp")]
    [InlineData("::1@gip")]
    [InlineData(" 10.0.0.1@tcp")]
    [InlineData("*")]
    public void Text_that_is_no_NID_is_refused(string text) => Assert.Equal(Errno.EINVAL, Nid.Parse(text).Error);

    [Fact]
    public void Every_NID_reads_back_from_its_text() =>
        AnyNid.Sample(nid => Nid.Parse(nid.ToString()).Value == nid);

    [Fact]
    public void The_eight_byte_form_gives_the_same_NID_back() =>
        AnyNid.Where(nid => nid.IsNid4).Sample(nid => Nid.FromNid4(nid.ToNid4()) == nid);

    [Fact]
    public void A_NID_has_the_bytes_of_a_kernel()
    {
        // Target of an acceptor request of 2.17-a-mount: 10.99.0.10@tcp.
        Nid nid = Nid.FromNid4(0x0002_0000_0A63_000A);
        Assert.Equal("10.99.0.10@tcp", nid.ToString());
        Span<byte> bytes = stackalloc byte[20];
        MemoryMarshal.Write(bytes, nid);
        Assert.Equal("00020000" + "0A63000A" + "000000000000000000000000", Convert.ToHexString(bytes));
        MemoryMarshal.Write(bytes, Nid.Parse("fd00::1@tcp1").Value);
        Assert.Equal("0C020001" + "FD000000000000000000000000000001", Convert.ToHexString(bytes));
    }

    [Fact]
    public void A_network_without_a_name_shows_numbers()
    {
        Assert.Equal("a000001@<200:7>", Nid.FromNid4(200UL << 48 | 7UL << 32 | 0x0A000001).ToString());
        Assert.Equal("<200:7>", LNetNames.ToText(200 << 16 | 7));
    }

    [Fact]
    public void A_star_is_every_node_only_where_that_is_allowed()
    {
        Assert.Equal(Nid.Any, Nid.ParseOrAny("*").Value);
        Assert.True(Nid.Any.IsNid4);
        Assert.Equal(ulong.MaxValue, Nid.Any.ToNid4());
    }

    [Theory]
    [InlineData("tcp", 0x20000u)]
    [InlineData("tcp0", 0x20000u)]
    [InlineData("tcp1", 0x20001u)]
    [InlineData("o2ib12", 0x5000Cu)]
    [InlineData("lo", 0x90000u)]
    public void A_network_has_type_and_number(string text, uint net) => Assert.Equal(net, LNetNames.Parse(text).Value);
}
