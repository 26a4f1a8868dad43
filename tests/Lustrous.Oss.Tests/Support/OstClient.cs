using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;

namespace Lustrous.Oss.Tests.Support;

/// <summary>A client that speaks to one OST, request by request.</summary>
sealed class OstClient
{
    static int s_clients;

    public static ConnectFlags ClientFlags =>
        ConnectFlags.VERSION | ConnectFlags.FULL20 | ConnectFlags.AT | ConnectFlags.BRW_SIZE | ConnectFlags.CKSUM
        | ConnectFlags.FLAGS2 | ConnectFlags.BULK_MBITS | ConnectFlags.SHORTIO | ConnectFlags.FID
        | ConnectFlags.GRANT | ConnectFlags.GRANT_PARAM | ConnectFlags.GRANT_SHRINK | ConnectFlags.LVB_TYPE
        | ConnectFlags.MAXBYTES | ConnectFlags.INDEX;

    readonly PtlrpcNode _node;

    OstClient(PtlrpcNode node, LNetProcessId server, uint index, ConnectFlags flags, string uuid)
    {
        _node = node;
        Import = new Import(node, new ImportOptions
        {
            DeviceName = $"osc-{index}",
            TargetUuid = $"lustre-OST{index:x4}_UUID",
            ClientUuid = uuid,
            Peers = [server],
            ConnectOpcode = (uint)OstOpcode.Connect,
            RequestPortal = Portals.OST_REQUEST_PORTAL,
            ReplyPortal = Portals.OSC_REPLY_PORTAL,
            LocalHandle = node.Context.Random.NextUInt64(),
            ConnectData = new ObdConnectData
            {
                ConnectFlags = flags,
                ConnectFlags2 = ConnectFlags2.REP_MBITS | ConnectFlags2.LSEEK,
                BrwSize = 4 << 20,
                Index = index,
                Grant = 64 << 20,
                GrantBlockBits = 12,
                ChecksumTypes = ChecksumTypes.CRC32C | ChecksumTypes.ADLER | ChecksumTypes.CRC32,
            },
        });
    }

    public Import Import { get; }

    public NodeContext Context => _node.Context;

    /// <summary>What a write or read carries besides its data.</summary>
    public Func<Obdo, Obdo> Dress { get; set; } = static body => body;

    public static async Task<OstClient> ConnectAsync(
        SimNode node, OstServer server, uint index = 0, ConnectFlags more = 0, PtlrpcNode? ptlrpc = null,
        string? uuid = null)
    {
        var client = new OstClient(
            ptlrpc ?? new PtlrpcNode(node.LNet, OstServer.Timeouts), server.Node.Id, index, ClientFlags | more,
            uuid ?? $"client-{Interlocked.Increment(ref s_clients)}");
        Assert.Equal(Errno.OK, await client.Import.ConnectAsync(default));
        return client;
    }

    public LNetProcessId Server => Import.Options.Peers[0];

    /// <summary>Locks of this client; of one that was connected with them.</summary>
    public ClientNamespace Locks { get; private set; } = null!;

    /// <summary>A client with a lock manager.</summary>
    public static async Task<OstClient> ConnectWithLocksAsync(SimNode node, OstServer server)
    {
        var ptlrpc = new PtlrpcNode(node.LNet, OstServer.Timeouts);
        var ldlm = new LdlmNode(ptlrpc);
        Assert.Equal(Errno.OK, ldlm.Start());
        var client = new OstClient(
            ptlrpc, server.Node.Id, 0, ClientFlags, $"client-{Interlocked.Increment(ref s_clients)}");
        client.Locks = new ClientNamespace(ldlm, client.Import, new ClientNamespaceOptions { Name = "osc" });
        Assert.Equal(Errno.OK, await client.Import.ConnectAsync(default));
        return client;
    }

    public async Task StopAsync()
    {
        if (Locks is not null)
            await Locks.DisposeAsync();
        await Import.DisposeAsync();
        if (Locks is not null)
            await Locks.Node.DisposeAsync();
        _node.Dispose();
    }

    /// <summary>One call with an obdo in and out.</summary>
    public async Task<Result<Obdo>> CallAsync(RequestFormat format, Obdo body)
    {
        using PtlrpcRequest request = Import.NewRequest(format);
        if (request.Capsule.HasField(Rmf.Capa1, MessageSide.Request))
        {
            if (request.Capsule.HasField(Rmf.DlmReq, MessageSide.Request))
                request.SetSize(Rmf.DlmReq, 0);
            request.SetSize(Rmf.Capa1, 0);
        }
        request.Set(Rmf.OstBody, new OstBody { Attributes = body });
        if (await request.SendAsync(default) is var status and not Errno.OK)
            return status;
        Result<OstBody> reply = request.Get(Rmf.OstBody);
        return reply.Failed ? reply.Error : reply.Value.Attributes;
    }

    /// <summary>Makes objects up to this one, as an MDT does.</summary>
    public Task<Result<Obdo>> CreateAsync(Fid upTo, ObdoFlags flags = 0) => CallAsync(RequestFormats.OstCreate, new Obdo
    {
        ObjectId = new OstId(upTo),
        Valid = MdtValid.FLGROUP | (flags != 0 ? MdtValid.FLFLAGS : 0),
        Flags = flags,
    });

    public async Task<Result<Obdo>> WriteAsync(
        Fid target, byte[] data, bool isShort, BrwFlags flags, params (ulong Offset, int Length)[] ranges)
    {
        Obdo body = Dress(NewBody(target, isShort));
        using PtlrpcRequest request = NewBrw(RequestFormats.OstBrwWrite, ranges.Length, isShort ? data.Length : 0);
        request.SetReplySize(Rmf.Rcs, ranges.Length * sizeof(uint));
        Fill(request, body, ranges, flags | BrwFlags.WRITE);
        using PooledBuffer memory = Context.Buffers.Take(Math.Max(1, data.Length));
        data.CopyTo(memory.Span);
        if (isShort)
            request.SetBytes(Rmf.ShortIo, data);
        Errno status = await SendAsync(request, isShort ? null : BulkType.GetSource, memory, ranges);
        if (status != Errno.OK)
            return status;
        foreach (uint rc in request.Capsule.GetArray(Rmf.Rcs, MessageSide.Reply))
            Assert.Equal(0U, rc);
        return request.Get(Rmf.OstBody).Value.Attributes;
    }

    public async Task<Result<(byte[] Data, Obdo Reply)>> ReadAsync(
        Fid target, bool isShort, BrwFlags flags, params (ulong Offset, int Length)[] ranges)
    {
        int length = ranges.Sum(range => range.Length);
        Obdo body = Dress(NewBody(target, isShort));
        using PtlrpcRequest request = NewBrw(RequestFormats.OstBrwRead, ranges.Length, shortSize: 0);
        request.SetReplySize(Rmf.ShortIo, isShort ? length : 0);
        Fill(request, body, ranges, flags | BrwFlags.READ);
        using PooledBuffer memory = Context.Buffers.Take(Math.Max(1, length));
        Errno status = await SendAsync(request, isShort ? null : BulkType.PutSink, memory, ranges);
        if (status != Errno.OK)
            return status;
        ReadOnlySpan<byte> data = isShort ? request.GetBytes(Rmf.ShortIo) : memory.Span[..request.ReplyStatus];
        Assert.Equal(request.ReplyStatus, data.Length);
        return (data.ToArray(), request.Get(Rmf.OstBody).Value.Attributes);
    }

    static Obdo NewBody(Fid target, bool isShort) => new()
    {
        ObjectId = new OstId(target),
        Valid = MdtValid.FLID | MdtValid.FLGROUP | MdtValid.FLFLAGS,
        Flags = isShort ? ObdoFlags.SHORT_IO : 0,
    };

    PtlrpcRequest NewBrw(RequestFormat format, int rangeCount, int shortSize)
    {
        PtlrpcRequest request = Import.NewRequest(format);
        request.RequestPortal = Portals.OST_IO_PORTAL;
        request.SetSize(Rmf.ObdIoobj, Marshal.SizeOf<ObdIoObj>());
        request.SetSize(Rmf.NiobufRemote, rangeCount * Marshal.SizeOf<NiobufRemote>());
        request.SetSize(Rmf.Capa1, 0);
        request.SetSize(Rmf.ShortIo, shortSize);
        return request;
    }

    static void Fill(PtlrpcRequest request, Obdo body, (ulong Offset, int Length)[] ranges, BrwFlags flags)
    {
        request.Set(Rmf.OstBody, new OstBody { Attributes = body });
        var item = new ObdIoObj { ObjectId = body.ObjectId, BufferCount = (uint)ranges.Length, MaxBrw = 3 << 16 };
        request.SetBytes(Rmf.ObdIoobj, MemoryMarshal.AsBytes(new ReadOnlySpan<ObdIoObj>(in item)));
        NiobufRemote[] items = [.. ranges.Select(range => new NiobufRemote
        {
            Offset = range.Offset,
            Length = (uint)range.Length,
            Flags = flags,
        })];
        request.SetBytes(Rmf.NiobufRemote, MemoryMarshal.AsBytes(items.AsSpan()));
    }

    async Task<Errno> SendAsync(
        PtlrpcRequest request, BulkType? type, PooledBuffer memory, (ulong Offset, int Length)[] ranges)
    {
        if (type is null)
            return await request.SendAsync(default);
        BulkDescriptor bulk = _node.TakeBulk(type.Value, Portals.OST_BULK_PORTAL);
        int done = 0;
        foreach ((ulong offset, int length) in ranges)
        {
            Assert.Equal(Errno.OK, bulk.Add(memory.Slice(done, length), (int)(offset % 4096)));
            done += length;
        }
        request.Bulk = bulk;
        Errno status = await request.SendAsync(default);
        _node.ReturnBulk(bulk);
        return status;
    }
}
