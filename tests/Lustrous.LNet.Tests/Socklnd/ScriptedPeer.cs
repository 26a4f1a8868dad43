using System.Net;
using System.Net.Sockets;
using Lustrous.Idl.LNet;
using Lustrous.LNet.Lnd.Socklnd;

namespace Lustrous.LNet.Tests.Socklnd;

/// <summary>One connection of a peer whose every byte the test writes.</summary>
sealed class ScriptedPeer(Socket socket) : IDisposable
{
    // Only what hangs is to fail by it, also on a machine that does forty other things.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public Socket Socket => socket;

    /// <summary>Dials a node from an address of 127.0.0.0/8, without saying anything.</summary>
    public static async Task<ScriptedPeer> DialAsync(TestNode node, string from = "127.0.0.77")
    {
        Socket socket = new(node.Nid.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(node.Nid.ToIPAddress(), node.Lnd.PortOf(node.Ni));
        return new ScriptedPeer(socket);
    }

    /// <summary>Dials and shakes hands as a kernel peer does.</summary>
    public static async Task<ScriptedPeer> ConnectAsync(
        TestNode node, Nid self, SocklndConnectionType type = SocklndConnectionType.CONTROL, ulong incarnation = 7,
        int version = 3)
    {
        ScriptedPeer peer = await DialAsync(node, self.ToIPAddress().ToString());
        await peer.SendAsync(Opening(node.Nid, self, type, incarnation, version));
        KsockHello answer = await peer.ReadHelloAsync();
        Assert.Equal(node.Nid, answer.SourceNid);
        Assert.Equal(self, answer.DestinationNid);
        Assert.Equal(KsockWire.Invert(type), answer.Type);
        return peer;
    }

    /// <summary>The acceptor's request and HELLO.</summary>
    public static byte[] Opening(
        Nid target, Nid self, SocklndConnectionType type = SocklndConnectionType.CONTROL, ulong incarnation = 7,
        int version = 3)
    {
        byte[] bytes = new byte[KsockWire.ConnreqNid16Size + KsockWire.HelloNid16Size];
        int size = KsockWire.WriteConnreq(bytes, target);
        size += KsockWire.WriteHello(bytes.AsSpan(size), new KsockHello
        {
            Version = version,
            SourceNid = self,
            DestinationNid = target,
            SourcePid = LNetProcessId.LustrePid,
            SourceIncarnation = incarnation,
            Type = type,
        });
        return bytes[..size];
    }

    /// <summary>A whole message in the form with 8-byte NIDs.</summary>
    public static byte[] Message(
        in LNetHeader header, byte[] payload, ulong cookie0 = 0, ulong cookie1 = 0, uint checksum = 0)
    {
        byte[] bytes = new byte[KsockWire.PrefixSize + LNetHeader.Nid4Size + payload.Length];
        KsockWire.WritePrefix(bytes, KsockWire.LNet, checksum, cookie0, cookie1);
        header.WriteNid4(bytes.AsSpan(KsockWire.PrefixSize));
        payload.CopyTo(bytes, KsockWire.PrefixSize + LNetHeader.Nid4Size);
        return bytes;
    }

    public static byte[] Noop(ulong cookie0, ulong cookie1, uint checksum = 0)
    {
        byte[] bytes = new byte[KsockWire.PrefixSize];
        KsockWire.WritePrefix(bytes, KsockWire.Noop, checksum, cookie0, cookie1);
        return bytes;
    }

    public async Task SendAsync(byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
            sent += await socket.SendAsync(bytes.AsMemory(sent)).AsTask().WaitAsync(Patience);
    }

    public async Task<byte[]> ReadAsync(int length)
    {
        byte[] bytes = new byte[length];
        for (int got = 0; got < length;)
        {
            int part = await socket.ReceiveAsync(bytes.AsMemory(got)).AsTask().WaitAsync(Patience);
            Assert.True(part > 0, "the node closed the connection");
            got += part;
        }
        return bytes;
    }

    public async Task<KsockHello> ReadHelloAsync(int version = 3) =>
        KsockWire.ReadHello(await ReadAsync(KsockWire.HelloSize(version)), out _);

    /// <summary>Reads until the node closes.</summary>
    /// <returns>What it still said.</returns>
    public async Task<byte[]> ReadToEndAsync()
    {
        List<byte> all = [];
        byte[] bytes = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(bytes.AsMemory()).AsTask().WaitAsync(Patience) is var part and > 0)
                all.AddRange(bytes.AsSpan(0, part));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // It closed with bytes of ours unread.
        }
        return [.. all];
    }

    public void Dispose() => socket.Dispose();
}
