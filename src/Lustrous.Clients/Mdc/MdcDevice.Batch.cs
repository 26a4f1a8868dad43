using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Mdc;

// Many lookups with attributes in one request. Source: lustre/mdc/mdc_batch.c, lustre/ptlrpc/batch.c.
public sealed partial class MdcDevice
{
    const int LeastBatchReply = 4096;       // OUT_UPDATE_REPLY_SIZE

    static readonly int s_batchHeaderSize = Unsafe.SizeOf<ButUpdateHeader>();
    static readonly int s_batchHeadSize = Unsafe.SizeOf<BatchUpdateRequest>();
    static readonly int s_lockRequestSize =
        Unsafe.SizeOf<LdlmRequest>() + LdlmConst.LDLM_LOCKREQ_HANDLES * Unsafe.SizeOf<LustreHandle>();

    /// <summary>Whether the MDT takes several requests in one (MDS_BATCH).</summary>
    public bool CanBatch => Import.Supports(ConnectFlags2.BATCH_RPC);

    /// <summary>
    /// Looks names up as <see cref="LookupAsync(IntentOps, MdOperation, CancellationToken)"/> does, all of them in one
    /// request.
    /// </summary>
    /// <param name="operations">Directory and name each.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>An answer for each in their order; all with the same error when the request failed as a whole,
    /// ECANCELED for those that the MDT did not come to.</returns>
    public async ValueTask<Result<MdAnswer>[]> LookupBatchAsync(
        IReadOnlyList<MdOperation> operations, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(operations);
        var parts = new List<BatchPart>(operations.Count);
        try
        {
            foreach (MdOperation operation in operations)
                parts.Add(NewPart(operation));
            return await SendBatchAsync(parts, cancel);
        }
        finally
        {
            foreach (BatchPart part in parts)
                part.Dispose();
        }
    }

    BatchPart NewPart(in MdOperation operation)
    {
        int easize = Volatile.Read(ref _defaultEaSize);
        var part = new BatchPart();
        RequestCapsule capsule = part.Capsule;
        capsule.SetFormat(RequestFormats.ButGetattr);
        capsule.SetSize(Rmf.DlmReq, MessageSide.Request, s_lockRequestSize);
        capsule.SetSize(Rmf.Name, MessageSide.Request, operation.Name.Length + 1);
        capsule.SetSize(Rmf.FileSecCtxName, MessageSide.Request, 0);
        part.Memory = capsule.Pack(MessageSide.Request, Node.Context.Buffers);
        capsule.Set(Rmf.LdlmIntent, MessageSide.Request, new LdlmIntent { Opcode = IntentOps.GETATTR });
        MdtBody body = Body(operation.Fid1, GetattrValid, operation.Caller);
        body.Fid2 = operation.Fid2;
        body.EaDataSize = (uint)easize;
        capsule.Set(Rmf.MdtBody, MessageSide.Request, body);
        capsule.SetString(Rmf.Name, MessageSide.Request, operation.Name.Span);
        capsule.SetSize(Rmf.MdtMd, MessageSide.Reply, easize);
        capsule.SetSize(Rmf.Acl, MessageSide.Reply, SmallAclBytes);
        capsule.SetSize(Rmf.FileSecCtx, MessageSide.Reply, 0);
        capsule.SetSize(Rmf.DefaultMdtMd, MessageSide.Reply, s_defaultLmvSize);
        capsule.SetSize(Rmf.FileEncCtx, MessageSide.Reply, 0);
        part.ReplyRoom = capsule.MessageSize(MessageSide.Reply);
        LustreMessage message = capsule.Request;
        message.SubOpcode = (uint)BatchUpdateCommand.Getattr;
        message.ReplySize = (uint)part.ReplyRoom;
        Result<ClientLock> asked = Locks.BeginEnqueue(
            Ask(operation.Fid1, InodeBits.UPDATE, LockMode.PR), capsule);
        (part.Error, part.Lock) = (asked.Error, asked.Failed ? null : asked.Value);
        return part;
    }

    async ValueTask<Result<MdAnswer>[]> SendBatchAsync(List<BatchPart> parts, CancellationToken cancel)
    {
        int size = s_batchHeadSize + parts.Sum(part => part.Capsule.Request.Length);
        bool isInline = s_batchHeaderSize + size < BatchUpdateMagic.MaxInlineSize;
        int room = Math.Max(s_batchHeadSize + parts.Sum(part => part.ReplyRoom), LeastBatchReply);
        using PooledBuffer buffer = Node.Context.Buffers.Take(size);
        Fill(buffer.Slice(0, size).Span, parts);
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsBatch);
        request.RequestPortal = Portals.OUT_PORTAL;
        request.ReplyPortal = Portals.OSC_REPLY_PORTAL;
        request.SetSize(Rmf.ButHeader, s_batchHeaderSize + (isInline ? size : 0));
        if (!isInline)
            request.SetSize(Rmf.ButBuf, Unsafe.SizeOf<ButUpdateBuffer>());
        request.SetReplySize(Rmf.ButReply, room);
        var header = new byte[s_batchHeaderSize + (isInline ? size : 0)];
        MemoryMarshal.Write(header, new ButUpdateHeader
        {
            Magic = BatchUpdateMagic.Header,
            Count = 1,
            InlineLength = isInline ? (uint)size : 0,
            ReplySize = (uint)room,
            UpdateCount = (uint)parts.Count,
        });
        if (isInline)
            buffer.Slice(0, size).Span.CopyTo(header.AsSpan(s_batchHeaderSize));
        request.SetBytes(Rmf.ButHeader, header);
        if (!isInline)
            request.SetBytes(Rmf.ButBuf, MemoryMarshal.AsBytes([new ButUpdateBuffer { Size = (uint)size }]));
        BulkDescriptor? bulk = isInline ? null : Node.TakeBulk(BulkType.GetSource, Portals.MDS_BULK_PORTAL);
        Errno status = bulk?.Add(buffer.Slice(0, size)) ?? Errno.OK;
        request.Bulk = bulk;
        if (status == Errno.OK)
            status = await request.SendAsync(cancel);
        if (bulk is not null)
            Node.ReturnBulk(bulk);
        return await FinishBatchAsync(parts, request, status, cancel);
    }

    static void Fill(Span<byte> into, List<BatchPart> parts)
    {
        MemoryMarshal.Write(
            into, new BatchUpdateRequest { Magic = BatchUpdateMagic.Request, Count = (ushort)parts.Count });
        int at = s_batchHeadSize;
        foreach (BatchPart part in parts)
        {
            Span<byte> message = part.Capsule.Request.Bytes;
            message.CopyTo(into[at..]);
            at += message.Length;
        }
    }

    async ValueTask<Result<MdAnswer>[]> FinishBatchAsync(
        List<BatchPart> parts, PtlrpcRequest request, Errno status, CancellationToken cancel)
    {
        ReadOnlyMemory<byte> reply = status == Errno.OK ? request.GetBytes(Rmf.ButReply).ToArray() : default;
        int count = 0;
        if (status == Errno.OK && !IsBatchReply(reply.Span, parts.Count, out count))
            status = Errno.EPROTO;
        using PooledBuffer memory = Node.Context.Buffers.Take(Math.Max(reply.Length, 1));
        reply.Span.CopyTo(memory.Span);
        int at = s_batchHeadSize;
        var answers = new Result<MdAnswer>[parts.Count];
        for (int i = 0; i < parts.Count; i++)
        {
            int result = 0;
            Errno own = status != Errno.OK ? status : i >= count ? Errno.ECANCELED : Errno.OK;
            if (own == Errno.OK)
                own = Attach(parts[i], memory, reply.Length, ref at, out result);
            // What follows one that cannot be read cannot be found.
            if (own == Errno.EPROTO)
                status = own;
            answers[i] = await FinishPartAsync(parts[i], own, result, cancel);
        }
        return answers;
    }

    static bool IsBatchReply(ReadOnlySpan<byte> bytes, int parts, out int count)
    {
        count = 0;
        if (bytes.Length < s_batchHeadSize)
            return false;
        BatchUpdateReply head = MemoryMarshal.Read<BatchUpdateReply>(bytes);
        count = head.Count;
        return head.Magic == BatchUpdateMagic.Reply && count <= parts;
    }

    static Errno Attach(BatchPart part, PooledBuffer memory, int length, ref int at, out int result)
    {
        result = 0;
        if (at >= length
            || part.Capsule.Attach(MessageSide.Reply, memory.Slice(at, length - at)) is not Errno.OK)
            return Errno.EPROTO;
        LustreMessage message = part.Capsule.Reply;
        result = message.SubResult;
        at += message.Length;
        return Errno.OK;
    }

    async ValueTask<Result<MdAnswer>> FinishPartAsync(
        BatchPart part, Errno status, int result, CancellationToken cancel)
    {
        if (part.Lock is not { } asked)
            return part.Error;
        RequestCapsule? reply = status == Errno.OK ? part.Capsule : null;
        EnqueueResult enqueued = await Locks.EndEnqueueAsync(asked, reply, result, status, cancel);
        return Finish(reply, enqueued);
    }

    /// <summary>One request of a batch.</summary>
    sealed class BatchPart : IDisposable
    {
        public RequestCapsule Capsule { get; } = new();

        public PooledBuffer? Memory { get; set; }

        public int ReplyRoom { get; set; }

        public ClientLock? Lock { get; set; }

        /// <summary>Why there is no lock.</summary>
        public Errno Error { get; set; }

        public void Dispose()
        {
            Capsule.Reset();
            Memory?.Dispose();
        }
    }
}
