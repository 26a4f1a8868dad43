using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.LNet.Lnd.Pcap;

namespace Lustrous.LNet.Lnd;

/// <summary>
/// Writes every message that passes between LNet and a driver to a capture, as socklnd would have put it on one
/// connection
/// for each peer: acceptor request, HELLOs, and framed messages, on port 988. So lolnd and simulated traffic can be
/// read with
/// tshark and <c>lustrous decode</c>.
/// </summary>
/// <remarks>
/// It sees what LNet sees: of a payload that LNet throws away the bytes are gone, and zeros stand for them. For the
/// very bytes
/// of a socket use <see cref="PcapConversation"/> at the socket.
/// </remarks>
public sealed class PcapTap(ILnd inner, NodeContext context, PcapWriter writer) : ILnd
{
    const int AcceptorPort = 988, FirstClientPort = 1023, LastClientPort = 512;
    const uint AcceptorMagic = 0xacce7100, AcceptorVersion1 = 1, AcceptorVersion2 = 2;  // lnet_acceptor_connreq
    const uint ProtoMagic = 0x45726963;                                                 // LNET_PROTO_MAGIC (tcp)
    const uint MessageLNet = 0xc1;                                                      // KSOCK_MSG_LNET
    const int MessageHeaderBytes = 24;                                                  // struct ksock_msg_hdr
    const uint ControlConnection = 1;                                                   // SOCKLND_CONN_CONTROL

    readonly RankedLock _lock = new(rank: 37, "pcap_tap");
    readonly Dictionary<(Nid Self, Nid Peer), Conversation> _conversations = [];    // guarded by _lock
    int _clientPort = FirstClientPort;                                              // guarded by _lock

    public LNetType Type => inner.Type;

    public ValueTask<Errno> StartupAsync(LNetInterface ni, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(ni);
        ni.Upcalls = new ReceiveSide(this, ni.Upcalls);
        return inner.StartupAsync(ni, cancel);
    }

    public void Send(LNetMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        Record(
            message.Interface.Nid, message.NextHop, sent: true, message.Header, message.Payload, message.PayloadOffset,
            message.PayloadLength);
        inner.Send(message);
    }

    public void ClosePeer(LNetInterface ni, Nid peer)
    {
        inner.ClosePeer(ni, peer);
        End(ni.Nid, peer);
    }

    /// <summary>Ends the driver, then the connections in the capture; the writer stays its owner's.</summary>
    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        using (_lock.Enter())
        {
            foreach (Conversation conversation in _conversations.Values)
                conversation.Tcp.Close(conversation.SelfIsClient);
            _conversations.Clear();
        }
    }

    /// <summary>Adds a message to the stream between two interfaces.</summary>
    void Record(
        Nid self, Nid peer, bool sent, in LNetHeader header, ReadOnlySpan<IoVec> payload, int offset,
        int available)
    {
        if (!HasAddress(self) || !HasAddress(peer))
            return;
        bool nid4 = self.IsNid4 && peer.IsNid4 && header.FitsNid4;
        int headerBytes = nid4 ? LNetHeader.Nid4Size : LNetHeader.Nid16Size;
        var bytes = new byte[MessageHeaderBytes + headerBytes + (int)header.PayloadLength];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, MessageLNet);
        if (nid4)
            header.WriteNid4(bytes.AsSpan(MessageHeaderBytes));
        else
            header.WriteNid16(bytes.AsSpan(MessageHeaderBytes));
        Span<byte> rest = bytes.AsSpan(MessageHeaderBytes + headerBytes, available);
        foreach (IoVec fragment in payload)
        {
            int length = Math.Min(fragment.Length - offset, rest.Length);
            fragment.Span.Slice(offset, length).CopyTo(rest);
            rest = rest[length..];
            offset = 0;
        }
        using (_lock.Enter())
        {
            if (!_conversations.TryGetValue((self, peer), out Conversation conversation))
                conversation = Begin(self, peer, selfDials: sent);
            conversation.Tcp.Write(fromClient: sent == conversation.SelfIsClient, bytes);
        }
    }

    /// <summary>Makes up how the connection came about: whoever speaks first has dialled.</summary>
    Conversation Begin(Nid self, Nid peer, bool selfDials)
    {
        (Nid client, Nid server) = selfDials ? (self, peer) : (peer, self);
        var tcp = new PcapConversation(
            writer, new IPEndPoint(client.ToIPAddress(), _clientPort),
            new IPEndPoint(server.ToIPAddress(), AcceptorPort), context.Random);
        _clientPort = _clientPort == LastClientPort ? FirstClientPort : _clientPort - 1;
        bool nid4 = client.IsNid4 && server.IsNid4;
        tcp.Write(fromClient: true, AcceptorRequest(server, nid4));
        tcp.Write(fromClient: true, Hello(client, server, nid4));
        tcp.Write(fromClient: false, Hello(server, client, nid4));
        var conversation = new Conversation(tcp, selfDials);
        _conversations.Add((self, peer), conversation);
        return conversation;
    }

    void End(Nid self, Nid peer)
    {
        using (_lock.Enter())
        {
            if (_conversations.Remove((self, peer), out Conversation conversation))
                conversation.Tcp.Close(conversation.SelfIsClient, reset: true);
        }
    }

    static bool HasAddress(Nid nid) => nid.Type == LNetType.Tcp && !nid.IsAny;

    static byte[] AcceptorRequest(Nid server, bool nid4)
    {
        var bytes = new byte[nid4 ? 16 : 28];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, AcceptorMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), nid4 ? AcceptorVersion1 : AcceptorVersion2);
        WriteNid(bytes.AsSpan(8), server, nid4);
        return bytes;
    }

    byte[] Hello(Nid from, Nid to, bool nid4)
    {
        int nidBytes = nid4 ? 8 : 20;
        var bytes = new byte[8 + 2 * nidBytes + 32];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, ProtoMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), nid4 ? 3u : 4u);
        WriteNid(bytes.AsSpan(8), from, nid4);
        WriteNid(bytes.AsSpan(8 + nidBytes), to, nid4);
        Span<byte> rest = bytes.AsSpan(8 + 2 * nidBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(rest, LNetProcessId.LustrePid);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], LNetProcessId.LustrePid);
        // Incarnations are the drivers' own and not ours to know; the start of the capture stands for both.
        BinaryPrimitives.WriteUInt64LittleEndian(rest[8..], (ulong)context.UnixSeconds);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[16..], (ulong)context.UnixSeconds);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[24..], ControlConnection);
        return bytes;
    }

    static void WriteNid(Span<byte> bytes, Nid nid, bool nid4)
    {
        if (nid4)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, nid.ToNid4());
        else
            MemoryMarshal.Write(bytes, nid);
    }

    readonly record struct Conversation(PcapConversation Tcp, bool SelfIsClient);

    /// <summary>Between the driver and LNet: sees every header that comes in, and the end of its payload.</summary>
    sealed class ReceiveSide(PcapTap owner, ILndUpcalls upcalls) : ILndUpcalls
    {
        public Errno Parse(LNetInterface ni, in LNetHeader header, Nid from, LNetReceive receive)
        {
            Errno status = upcalls.Parse(ni, header, from, receive);
            if (status == Errno.OK)
                receive.Node = new Received(owner, ni.Nid, header, from, receive.Node);
            return status;
        }

        public void NotifyPeer(LNetInterface ni, Nid peer, bool alive)
        {
            if (!alive)
                owner.End(ni.Nid, peer);
            upcalls.NotifyPeer(ni, peer, alive);
        }
    }

    /// <summary>Waits for the payload of one message, records it, and goes on to whoever LNet meant.</summary>
    sealed class Received(PcapTap owner, Nid self, LNetHeader header, Nid from, ILNetCompletions? next)
        : ILNetCompletions
    {
        void ILNetCompletions.OnReceiveComplete(LNetReceive receive, Errno status)
        {
            if (status == Errno.OK)
            {
                owner.Record(self, from, sent: false, header, receive.Destination, receive.DestinationOffset,
                    receive.DestinationLength);
            }
            receive.Node = next;
            receive.Complete(status);
        }

        void ILNetCompletions.OnSendComplete(LNetMessage message, Errno status) =>
            Lassert.Lbug("a message sent through the receiving side");
    }
}
