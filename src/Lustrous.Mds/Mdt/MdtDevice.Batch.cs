using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// MDS_BATCH: many small requests in one message, answered in one. So far clients only batch IT_GETATTR intents, for who
// lists a directory with attributes (lustre/mdt/mdt_batch.c).
public sealed partial class MdtDevice
{
    /// <summary>Requests in one message at most; clients send 64 unless told otherwise.</summary>
    const int MaxBatch = 1024;

    /// <summary>Bytes of one request: a lock, an intent, a body and a name.</summary>
    const int MaxPartBytes = 4096;

    /// <summary>Bytes of all requests of a message (<c>MD_MAX_BRW_SIZE</c>).</summary>
    const int MaxBatchBytes = 1 << 20;

    static readonly int s_batchHeaderSize = Unsafe.SizeOf<ButUpdateHeader>();
    static readonly int s_batchHeadSize = Unsafe.SizeOf<BatchUpdateRequest>();

    async ValueTask<Errno> BatchAsync(ServerRequest request, CancellationToken cancel)
    {
        request.Capsule.SetFormat(RequestFormats.MdsBatch);
        if (ReadBatchHeader(request, out ButUpdateHeader header, out int[] sizes) is var error and not Errno.OK)
            return error;
        int total = sizes.Sum();
        using PooledBuffer requests = Context.Buffers.Take(total);
        error = header.InlineLength > 0
            ? CopyInline(request, requests.Slice(0, total))
            : await FetchAsync(request, requests.Slice(0, total));
        if (error != Errno.OK)
            return error;
        // All of it is looked at before any of it is done: a client would not hear of what was.
        var parts = new List<IoVec>();
        int start = 0;
        for (int i = 0; i < sizes.Length && error == Errno.OK; i++)
        {
            error = FindParts(request, requests.Slice(start, sizes[i]), parts);
            start += sizes[i];
        }
        if (error != Errno.OK)
            return error;
        var replies = new ArrayBufferWriter<byte>(4096);
        MemoryMarshal.Write(replies.GetSpan(s_batchHeadSize), default(BatchUpdateReply));
        replies.Advance(s_batchHeadSize);
        foreach (IoVec part in parts)
        {
            error = await ExecutePartAsync(request, part, replies, cancel);
            if (error != Errno.OK)
                return error;
        }
        request.Capsule.SetSize(Rmf.ButReply, MessageSide.Reply, replies.WrittenCount);
        error = request.PackReply();
        if (error != Errno.OK)
            return error;
        Span<byte> reply = request.Capsule.GetBytes(Rmf.ButReply, MessageSide.Reply);
        replies.WrittenSpan.CopyTo(reply);
        MemoryMarshal.Write(
            reply, new BatchUpdateReply { Magic = BatchUpdateMagic.Reply, Count = (ushort)parts.Count });
        return Errno.OK;
    }

    /// <summary>Where the requests are: bytes of each buffer, of which inline there is one.</summary>
    static Errno ReadBatchHeader(ServerRequest request, out ButUpdateHeader header, out int[] sizes)
    {
        (header, sizes) = (default, []);
        ReadOnlySpan<byte> bytes = request.Capsule.GetBytes(Rmf.ButHeader, MessageSide.Request);
        if (bytes.Length < s_batchHeaderSize)
            return Errno.EPROTO;
        header = MemoryMarshal.Read<ButUpdateHeader>(bytes);
        if (request.Capsule.IsSwabbed(MessageSide.Request))
            header = ButUpdateHeader.Swab(header);
        if (header.Magic != BatchUpdateMagic.Header || header.Count is 0 or > MaxBatch)
            return Errno.EPROTO;
        if (header.InlineLength > 0)
        {
            sizes = [(int)Math.Min(header.InlineLength, int.MaxValue)];
            return header.Count == 1 && header.InlineLength <= bytes.Length - s_batchHeaderSize
                ? Errno.OK : Errno.EPROTO;
        }
        ReadOnlySpan<ButUpdateBuffer> buffers = request.Capsule.GetArray(Rmf.ButBuf, MessageSide.Request);
        if (buffers.Length < header.Count)
            return Errno.EPROTO;
        long total = 0;
        sizes = new int[header.Count];
        for (int i = 0; i < sizes.Length; i++)
        {
            if (buffers[i].Size is 0 or > MaxBatchBytes)
                return Errno.EPROTO;
            total += sizes[i] = (int)buffers[i].Size;
        }
        return total <= MaxBatchBytes ? Errno.OK : Errno.EPROTO;
    }

    static Errno CopyInline(ServerRequest request, IoVec into)
    {
        request.Capsule.GetBytes(Rmf.ButHeader, MessageSide.Request)
            .Slice(s_batchHeaderSize, into.Length).CopyTo(into.Span);
        return Errno.OK;
    }

    static async ValueTask<Errno> FetchAsync(ServerRequest request, IoVec into)
    {
        using ServerBulk bulk = request.NewBulk(BulkType.GetSink, Portals.MDS_BULK_PORTAL);
        Errno error = bulk.Memory.Add(into);
        return error == Errno.OK ? await bulk.RunAsync() : error;
    }

    /// <summary>The requests of one buffer. EPROTO, EOPNOTSUPP: what is no request, or none that can be
    /// batched.</summary>
    static Errno FindParts(ServerRequest request, IoVec buffer, List<IoVec> parts)
    {
        if (buffer.Length < s_batchHeadSize)
            return Errno.EPROTO;
        BatchUpdateRequest head = MemoryMarshal.Read<BatchUpdateRequest>(buffer.Span);
        if (request.Capsule.IsSwabbed(MessageSide.Request))
            head = BatchUpdateRequest.Swab(head);
        if (head.Magic != BatchUpdateMagic.Request || head.Count > MaxBatch - parts.Count)
            return Errno.EPROTO;
        int at = s_batchHeadSize;
        for (int i = 0; i < head.Count; i++)
        {
            IoVec rest = buffer.Slice(at, buffer.Length - at);
            if (CheckPart(rest.Span, out int length) is var error and not Errno.OK)
                return error;
            parts.Add(rest.Slice(0, length));
            at += length;
        }
        return Errno.OK;
    }

    /// <summary>Bytes of the request that stands first, and whether it may be batched.</summary>
    /// <remarks>Of a copy: a header of the other byte order is reversed where it is read, and it is read
    /// again.</remarks>
    static Errno CheckPart(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        byte[] copy = bytes[..Math.Min(bytes.Length, MaxPartBytes)].ToArray();
        if (LustreMessage.Parse(copy, out LustreMessage message) is var error and not Errno.OK)
            return error;
        length = message.Length;
        return FormatSelector.OfSubRequest(message) is null ? Errno.EOPNOTSUPP : Errno.OK;
    }

    async ValueTask<Errno> ExecutePartAsync(
        ServerRequest request, IoVec message, ArrayBufferWriter<byte> replies, CancellationToken cancel)
    {
        Result<ServerRequest> part = request.NewPart(RequestFormats.ButGetattr, message);
        if (part.Failed)
            return part.Error;
        try
        {
            Errno status = await _locks.EnqueuePartAsync(part.Value, cancel);
            // One that failed is answered too: those behind it are as good as ever.
            if (!part.Value.IsReplyPacked && MdtReply.Pack(part.Value) is var error and not Errno.OK)
                return error;
            LustreMessage reply = part.Value.Capsule.Reply;
            reply.SubResult = status == Errno.OK ? part.Value.Status : -(int)status;
            replies.Write(reply.Bytes);
            return Errno.OK;
        }
        finally
        {
            part.Value.EndPart();
        }
    }
}
