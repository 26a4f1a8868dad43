using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Echo;

/// <summary>A client of <see cref="EchoServer"/>.</summary>
public sealed class EchoClient : IAsyncDisposable
{
    /// <summary>Data up to here travels inside the messages.</summary>
    public const int ShortSize = 4096;

    /// <summary>An opcode that Lustre has not given out.</summary>
    public const uint UnknownOpcode = 399;

    public static ConnectFlags Flags =>
        ConnectFlags.VERSION | ConnectFlags.FULL20 | ConnectFlags.AT | ConnectFlags.BRW_SIZE | ConnectFlags.CKSUM
        | ConnectFlags.FLAGS2 | ConnectFlags.BULK_MBITS | ConnectFlags.SHORTIO;

    readonly PtlrpcNode _node;
    readonly bool _checksums;
    int _resent;

    public EchoClient(PtlrpcNode node, LNetProcessId server, string uuid, bool checksums = true)
    {
        _node = node;
        _checksums = checksums;
        Import = new Import(node, new ImportOptions
        {
            DeviceName = "echo-osc",
            TargetUuid = EchoServer.Uuid,
            ClientUuid = uuid,
            Peers = [server],
            ConnectOpcode = (uint)OstOpcode.Connect,
            RequestPortal = Portals.OST_REQUEST_PORTAL,
            ReplyPortal = Portals.OSC_REPLY_PORTAL,
            LocalHandle = node.Context.Random.NextUInt64(),
            ConnectData = new ObdConnectData
            {
                ConnectFlags = Flags,
                ConnectFlags2 = ConnectFlags2.REP_MBITS,
                BrwSize = 16 << 20,
                ChecksumTypes = ChecksumTypes.CRC32C,
            },
        });
    }

    public Import Import { get; }

    /// <summary>Reads and writes that had to be sent more than once.</summary>
    public int Resent => Volatile.Read(ref _resent);

    public ValueTask<Errno> ConnectAsync(CancellationToken cancel) => Import.ConnectAsync(cancel);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> PingAsync(CancellationToken cancel)
    {
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.ObdPing);
        return await request.SendAsync(cancel);
    }

    /// <summary>Has the server execute one operation; the value is how many it has executed.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<ulong>> CountAsync(ulong operation, CancellationToken cancel)
    {
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.OstSetattr);
        request.SetSize(Rmf.Capa1, 0);
        request.Set(Rmf.OstBody, new OstBody { Attributes = new Obdo { Size = operation } });
        if (await request.SendAsync(cancel) is var status and not Errno.OK)
            return status;
        return request.Get(Rmf.OstBody) is { Failed: false } reply ? reply.Value.Attributes.Size : Errno.EPROTO;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> WriteAsync(ulong objectId, IoVec data, ulong offset, CancellationToken cancel)
    {
        bool isShort = data.Length <= ShortSize;
        using PtlrpcRequest request = NewBrw(RequestFormats.OstBrwWrite, data.Length, isShort ? data.Length : 0);
        request.SetReplySize(Rmf.Rcs, sizeof(uint));
        uint checksum = _checksums ? EchoNode.Checksum(data.Span) : 0;
        Fill(request, objectId, offset, data.Length, isShort, checksum);
        if (isShort)
            request.SetBytes(Rmf.ShortIo, data.Span);
        return await SendAsync(request, isShort ? null : BulkType.GetSource, data, cancel);
    }

    /// <summary>EBADMSG when the checksum is wrong.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> ReadAsync(ulong objectId, IoVec data, ulong offset, CancellationToken cancel)
    {
        bool isShort = data.Length <= ShortSize;
        using PtlrpcRequest request = NewBrw(RequestFormats.OstBrwRead, data.Length, shortSize: 0);
        request.SetReplySize(Rmf.ShortIo, isShort ? data.Length : 0);
        Fill(request, objectId, offset, data.Length, isShort, checksum: 0);
        Errno status = await SendAsync(request, isShort ? null : BulkType.PutSink, data, cancel);
        if (status != Errno.OK)
            return status;
        if (isShort)
            request.GetBytes(Rmf.ShortIo).CopyTo(data.Span);
        Result<OstBody> body = request.Get(Rmf.OstBody);
        bool isWhole = request.ReplyStatus == data.Length && !body.Failed
            && (!_checksums || body.Value.Attributes.Nlink == EchoNode.Checksum(data.Span));
        return isWhole ? Errno.OK : Errno.EBADMSG;
    }

    /// <summary>Asks for what no echo target gives, one kind of refusal after the other.</summary>
    public async IAsyncEnumerable<string> RefusalsAsync()
    {
        using (PtlrpcRequest unknown = Import.NewRequest(RequestFormats.ObdPing, UnknownOpcode))
            yield return $"opcode {await unknown.SendAsync(default)}";
        using (PtlrpcRequest unhandled = Import.NewRequest(RequestFormats.OstSync))
            yield return $"sync {await unhandled.SendAsync(default)}";
        using (PtlrpcRequest tooFar = NewBrw(RequestFormats.OstBrwRead, 1, shortSize: 0))
        {
            tooFar.SetReplySize(Rmf.ShortIo, 1);
            Fill(tooFar, 1, EchoStore.ObjectSize, 1, isShort: true, checksum: 0);
            yield return $"range {await tooFar.SendAsync(default)}";
        }
        // An import whose export the target does not know, as after an eviction.
        Import stranger = Import.CreateReverse(_node, Import.Options, clientHandle: 0x57a1e, default);
        using (PtlrpcRequest stale = stranger.NewRequest(RequestFormats.ObdPing))
            yield return $"handle {await stale.SendAsync(default)}";
        await stranger.DisposeAsync();
    }

    public ValueTask DisposeAsync() => Import.DisposeAsync();

    PtlrpcRequest NewBrw(RequestFormat format, int length, int shortSize)
    {
        Lassert.That(length is > 0 and <= EchoStore.ObjectSize);
        PtlrpcRequest request = Import.NewRequest(format);
        request.RequestPortal = Portals.OST_IO_PORTAL;
        request.SetSize(Rmf.ObdIoobj, Unsafe.SizeOf<ObdIoObj>());
        request.SetSize(Rmf.NiobufRemote, Unsafe.SizeOf<NiobufRemote>());
        request.SetSize(Rmf.Capa1, 0);
        request.SetSize(Rmf.ShortIo, shortSize);
        return request;
    }

    void Fill(PtlrpcRequest request, ulong objectId, ulong offset, int length, bool isShort, uint checksum)
    {
        OstId id = OstId.FromIdAndSequence(objectId, 2);
        request.Set(Rmf.OstBody, new OstBody
        {
            Attributes = new Obdo
            {
                Valid = MdtValid.FLID | MdtValid.FLFLAGS | (_checksums ? MdtValid.FLCKSUM : 0),
                ObjectId = id,
                Flags = ObdoFlags.CKSUM_CRC32C | (isShort ? ObdoFlags.SHORT_IO : 0),
                Nlink = checksum,
            },
        });
        var item = new ObdIoObj { ObjectId = id, BufferCount = 1 };
        request.SetBytes(Rmf.ObdIoobj, MemoryMarshal.AsBytes(new ReadOnlySpan<ObdIoObj>(in item)));
        var range = new NiobufRemote { Offset = offset, Length = (uint)length };
        request.SetBytes(Rmf.NiobufRemote, MemoryMarshal.AsBytes(new ReadOnlySpan<NiobufRemote>(in range)));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> SendAsync(PtlrpcRequest request, BulkType? type, IoVec data, CancellationToken cancel)
    {
        if (type is null)
            return await request.SendAsync(cancel);
        BulkDescriptor bulk = _node.TakeBulk(type.Value, Portals.OST_BULK_PORTAL);
        Errno status = bulk.Add(data);
        request.Bulk = bulk;
        if (status == Errno.OK)
            status = await request.SendAsync(cancel);
        _node.ReturnBulk(bulk);
        if (request.Attempts > 1)
            Interlocked.Increment(ref _resent);
        return status;
    }
}
