using System.Runtime.CompilerServices;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Echo;

/// <summary>
/// A target like Lustre's obdecho: OST_WRITE and OST_READ of objects in memory, and OST_SETATTR as a counter
/// that must
/// not count a request twice.
/// </summary>
public sealed class EchoServer : IServiceTargetHooks, IAsyncDisposable
{
    public const string Uuid = "echo-OST0000_UUID";

    readonly NodeContext _context;
    readonly EchoJournal _journal;
    readonly ServiceTarget _target;
    readonly Service _service;
    readonly Service _io;
    readonly EchoStore _store;

    public EchoServer(LNetNode lnet, EchoJournal journal, EchoStore store, PtlrpcOptions? timeouts = null)
    {
        _context = lnet.Context;
        _journal = journal;
        _store = store;
        var exports = new ExportTable(_context);
        _target = new ServiceTarget(_context, exports, new ServiceTargetOptions
        {
            Name = "echo-OST0000",
            Uuid = Uuid,
            // A client gives up on what it asked of a target that says it remembers nothing; the journal remembers.
            IsReplayable = true,
            Instance = (uint)_context.Random.NextUInt64() | 1,
            Supported = new ObdConnectData
            {
                ConnectFlags = EchoClient.Flags,
                ConnectFlags2 = ConnectFlags2.REP_MBITS,
                Version = LustreVersion.Code,
                BrwSize = 16 << 20,
                ChecksumTypes = ChecksumTypes.CRC32C,
            },
        }, this);
        _target.Handle(OstOpcode.Setattr, new OpcodeHandler(
            RequestFormats.OstSetattr, LustreMsgVersion.OST_VERSION, HandlerFlags.RememberReply, Count));
        _target.Handle(OstOpcode.Write, new OpcodeHandler(
            RequestFormats.OstBrwWrite, LustreMsgVersion.OST_VERSION, HandlerFlags.None, WriteAsync));
        _target.Handle(OstOpcode.Read, new OpcodeHandler(
            RequestFormats.OstBrwRead, LustreMsgVersion.OST_VERSION, HandlerFlags.None, ReadAsync));
        exports.Add(_target);
        _service = NewService("ost", Portals.OST_REQUEST_PORTAL);
        _io = NewService("ost_io", Portals.OST_IO_PORTAL);

        Service NewService(string name, uint portal) => new(lnet, new ServiceOptions
        {
            Name = name,
            RequestPortal = portal,
            ReplyPortal = Portals.OSC_REPLY_PORTAL,
            HasHighPriorityQueue = true,
            Timeouts = timeouts ?? EchoNode.Timeouts,
        }, TargetHandler.Instance, exports);
    }

    public EchoJournal Journal => _journal;

    public Errno Start() => _service.Start() is var status and not Errno.OK ? status : _io.Start();

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await _io.DisposeAsync();
        await _target.DisposeAsync();
    }

    Errno IServiceTargetHooks.Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply) => Errno.OK;

    void IServiceTargetHooks.Connected(Export export, bool isReconnect) =>
        _journal.Connected(export.ClientUuid, export.RemoteHandle, export.Cookie);

    void IServiceTargetHooks.Disconnected(Export export, bool isEviction)
    {
    }

    ulong IServiceTargetHooks.KnownCookie(string clientUuid, ulong remoteHandle) =>
        _journal.CookieOf(clientUuid, remoteHandle);

    ValueTask<Errno> Count(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.OstBody, MessageSide.Request, out OstBody body))
            return new(Errno.EPROTO);
        if (request.PackReply() is var error and not Errno.OK)
            return new(error);
        body.Attributes.Size = _journal.Execute(request.Export!.ClientUuid, request.Xid, body.Attributes.Size);
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, body);
        return new(Errno.OK);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> WriteAsync(ServerRequest request, CancellationToken cancel)
    {
        if (Unpack(request, out OstBody body, out IoVec memory) is var error and not Errno.OK)
            return error;
        bool isShort = (body.Attributes.Flags & ObdoFlags.SHORT_IO) != 0;
        if (isShort)
        {
            ReadOnlySpan<byte> data = request.Capsule.GetBytes(Rmf.ShortIo, MessageSide.Request);
            if (data.Length != memory.Length)
                return Errno.EPROTO;
            data.CopyTo(memory.Span);
        }
        else if (await TransferAsync(request, BulkType.GetSink, memory) is var failed and not Errno.OK)
        {
            return failed;
        }
        if ((body.Attributes.Valid & MdtValid.FLCKSUM) != 0 && EchoNode.Checksum(memory.Span) != body.Attributes.Nlink)
            return Errno.EAGAIN;
        request.Capsule.SetSize(Rmf.Rcs, MessageSide.Reply, sizeof(uint));
        if (request.PackReply() is var full and not Errno.OK)
            return full;
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, body);
        return Errno.OK;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> ReadAsync(ServerRequest request, CancellationToken cancel)
    {
        if (Unpack(request, out OstBody body, out IoVec memory) is var error and not Errno.OK)
            return error;
        bool isShort = (body.Attributes.Flags & ObdoFlags.SHORT_IO) != 0;
        if (!isShort && await TransferAsync(request, BulkType.PutSource, memory) is var failed and not Errno.OK)
            return failed;
        request.Capsule.SetSize(Rmf.ShortIo, MessageSide.Reply, isShort ? memory.Length : 0);
        if (request.PackReply() is var full and not Errno.OK)
            return full;
        if ((body.Attributes.Valid & MdtValid.FLCKSUM) != 0)
            body.Attributes.Nlink = EchoNode.Checksum(memory.Span);
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, body);
        if (isShort)
            request.Capsule.SetBytes(Rmf.ShortIo, MessageSide.Reply, memory.Span);
        request.Status = memory.Length;
        return Errno.OK;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    static async ValueTask<Errno> TransferAsync(ServerRequest request, BulkType type, IoVec memory)
    {
        using ServerBulk bulk = request.NewBulk(type, Portals.OST_BULK_PORTAL);
        Errno status = bulk.Memory.Add(memory);
        return status == Errno.OK ? await bulk.RunAsync() : status;
    }

    /// <summary>One object, one range of it.</summary>
    Errno Unpack(ServerRequest request, out OstBody body, out IoVec memory)
    {
        memory = default;
        if (!request.Capsule.TryGet(Rmf.OstBody, MessageSide.Request, out body)
            || !request.Capsule.TryGetArray(Rmf.NiobufRemote, MessageSide.Request, out Span<NiobufRemote> ranges)
            || ranges.Length != 1)
            return Errno.EPROTO;
        if (ranges[0].Length > EchoStore.ObjectSize
            || ranges[0].Offset > (ulong)EchoStore.ObjectSize - ranges[0].Length)
            return Errno.EFBIG;
        if (!_store.TryFind(body.Attributes.ObjectId.FirstWord, out IoVec found))
            return Errno.ENOSPC;
        memory = found.Slice((int)ranges[0].Offset, (int)ranges[0].Length);
        return Errno.OK;
    }
}
