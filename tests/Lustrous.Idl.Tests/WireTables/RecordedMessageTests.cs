using Lustrous.Idl.LNet;
using Lustrous.Idl.LNet.Socklnd;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Tests.WireTables;

/// <summary>Bytes of a kernel's connect read as what they are (tests/fixtures/idl/mds-connect-2.17.md).</summary>
public sealed class RecordedMessageTests
{
    static readonly byte[][] Messages = [.. File.ReadLines(FindFixture()).Select(Convert.FromHexString)];

    [Fact]
    public void The_headers_of_a_put_say_what_follows()
    {
        int offset = 0;
        var socklnd = Next<KsockMsgHdr>(Messages[0], ref offset);
        Assert.Equal(KsockMessageType.LNET, socklnd.Type);
        var header = Next<LNetHdrNid4>(Messages[0], ref offset);
        Assert.Equal(LNetMessageType.Put, header.Type);
        Assert.Equal((uint)(Messages[0].Length - offset), header.PayloadLength);
        Assert.Equal(12U, header.Message.Put.PortalIndex);      // MDS_REQUEST_PORTAL
    }

    [Theory]
    [InlineData(0, PtlrpcMessageType.Request), InlineData(1, PtlrpcMessageType.Reply)]
    public void A_connect_carries_its_body_and_what_the_peer_can_do(int message, PtlrpcMessageType type)
    {
        byte[] bytes = Messages[message];
        int offset = KsockMsgHdr.WireSize + LNetHdrNid4.WireSize;
        var head = Next<LustreMsgV2>(bytes, ref offset);
        Assert.Equal((uint)LustreMsgMagic.V2, (uint)head.Magic);
        offset += (int)(head.BufferCount * sizeof(uint) + 7 & ~7U);

        var body = Next<PtlrpcBodyV3>(bytes, ref offset);
        Assert.Equal((type, 38U), (body.Type, body.Opcode));
        Assert.True(body.Status == 0 || type == PtlrpcMessageType.Request);      // a request has the process id there
        offset = bytes.Length - ObdConnectData.WireSize;
        var data = Next<ObdConnectData>(bytes, ref offset);
        Assert.True(data.ConnectFlags.HasFlag(ConnectFlags.VERSION | ConnectFlags.FID));
        Assert.Equal(2U, data.Version >> 24);
    }

    static T Next<T>(byte[] bytes, ref int offset) where T : unmanaged, IWireStruct<T>
    {
        Assert.True(WireBytes.TryRead(bytes.AsSpan(offset), out T value));
        offset += T.WireSize;
        return value;
    }

    static string FindFixture()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lustrous.slnx")))
            folder = folder.Parent;
        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, "tests", "fixtures", "idl", "mds-connect-2.17.hex");
    }
}
