using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Simulation;

namespace Lustrous.Interop.Tests.Replay;

/// <summary>What a server put into a client: a reply, a callback or bulk; or a client into a server.</summary>
sealed record Arrived(uint Portal, ulong MatchBits, LNetProcessId From, int Offset, byte[] Bytes);

/// <summary>
/// A client that is nothing but an address: it sends bytes that it is given, and takes whatever comes for any of the
/// portals that a client listens on.
/// </summary>
sealed class ReplayClient
{
    const int SinkBytes = 1 << 20;

    static readonly uint[] s_portals =
    [
        Portals.OSC_REPLY_PORTAL, Portals.MDC_REPLY_PORTAL, Portals.MGC_REPLY_PORTAL, Portals.LDLM_CANCEL_REPLY_PORTAL,
        Portals.LDLM_CB_REQUEST_PORTAL, Portals.OST_BULK_PORTAL, Portals.MDS_BULK_PORTAL, Portals.MGS_BULK_PORTAL,
    ];

    readonly SimNode _node;
    readonly List<Memory> _attached = [];

    /// <param name="node">Its machine.</param>
    /// <param name="portals">What it listens on; null for what a client does.</param>
    public ReplayClient(SimNode node, IReadOnlyList<uint>? portals = null)
    {
        _node = node;
        node.Host.Call(() =>
        {
            foreach (uint portal in portals ?? s_portals)
                Attach(portal, 0, ulong.MaxValue, SinkBytes, MdOptions.OpPut, OnPut);
        });
    }

    public Nid Nid => _node.Nid;

    /// <summary>Told on the client's host, once for each message.</summary>
    public Action<Arrived>? Arrived { get; set; }

    public void Send(Nid server, uint portal, ulong matchBits, byte[] message, int remoteOffset = 0) =>
        _node.Host.Call(() =>
        {
            var memory = new Memory(_node.LNet, message.Length, null);
            message.CopyTo(memory.Span);
            memory.Md.Threshold = 1;
            Assert.Equal(Errno.OK, _node.LNet.Put(
                memory.Md, 0, message.Length, ackWanted: false, Nid.Any,
                new LNetProcessId(server, LNetProcessId.LustrePid), (int)portal, matchBits, remoteOffset, 0));
        });

    /// <summary>Has bytes ready for a server that fetches them.</summary>
    public void Offer(uint portal, ulong matchBits, byte[] bytes) => _node.Host.Call(() =>
        bytes.CopyTo(Attach(portal, matchBits, 0, bytes.Length, MdOptions.OpGet, null).Span));

    public void Close() => _node.Host.Call(() =>
    {
        foreach (Memory memory in _attached)
            _node.LNet.Unlink(memory.Md);
        _attached.Clear();
    });

    Memory Attach(
        uint portal, ulong matchBits, ulong ignoreBits, int size, MdOptions options, PutHandler? put)
    {
        var memory = new Memory(_node.LNet, size, put);
        memory.Md.Threshold = -1;
        memory.Md.Options = options | MdOptions.ManageRemote | MdOptions.Truncate;
        Assert.Equal(Errno.OK, _node.LNet.Attach(
            (int)portal, LNetProcessId.Any, matchBits, ignoreBits, MdUnlink.Unlink, MatchPosition.After, memory.Md));
        _attached.Add(memory);
        return memory;
    }

    void OnPut(Memory memory, in LNetEvent e) => Arrived?.Invoke(new Arrived(
        (uint)e.Portal, e.MatchBits, e.Source, e.Offset,
        memory.Span.Slice(e.Offset, e.MatchedLength).ToArray()));

    delegate void PutHandler(Memory memory, in LNetEvent e);

    /// <summary>Pooled memory with its descriptor, given back with the descriptor's last event.</summary>
    sealed class Memory : ILNetEventHandler
    {
        readonly PooledBuffer _buffer;
        readonly PutHandler? _put;

        public Memory(LNetNode lnet, int size, PutHandler? put)
        {
            _buffer = lnet.Context.Buffers.Take(Math.Max(1, size));
            _put = put;
            Md.SetSingle(_buffer.Slice(0, size));
            Md.Handler = this;
        }

        public MemoryDescriptor Md { get; } = new();

        public Span<byte> Span => _buffer.Span;

        public void OnEvent(in LNetEvent e)
        {
            if (e.Kind == LNetEventKind.Put && e.Status == Errno.OK)
                _put?.Invoke(this, e);
            if (e.Unlinked)
                _buffer.Dispose();
        }
    }
}
