using System.Runtime.CompilerServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Oss.Ost;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;

namespace Lustrous.Oss.Ofd;

// OST_READ: pages of the storage go straight to the client (tgt_brw_read, ofd_preprw_read).
public sealed partial class OfdDevice
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> ReadAsync(ServerRequest request, CancellationToken cancel)
    {
        if (BrwRequest.Unpack(request, out BrwRequest io) is var error and not Errno.OK)
            return error;
        ServerLock? taken = null;
        if (!io.WantsLock)
            Prolong(request, io.Fid, io.First, io.Last, LockMode.PR | LockMode.PW | LockMode.GROUP);
        else if (await LockAsync(io.Fid, io.First, io.Last, LockMode.PR, 0, cancel) is { Failed: false } locked)
            taken = locked.Value;
        else
            return Errno.EIO;
        try
        {
            return await ReadLockedAsync(request, io);
        }
        finally
        {
            Release(taken);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> ReadLockedAsync(ServerRequest request, BrwRequest io)
    {
        // The client has agreed on its grant anew since it sent this for the first time.
        if ((request.Flags & (MsgFlags.RESENT | MsgFlags.REPLAY)) != 0)
            io.Body.Valid &= ~MdtValid.FLGRANT;
        var reply = new OstBody { Attributes = io.Body };
        if (TargetExport.Of(request.Export!).Grant is { } grant)
            _target.Grants!.PrepareRead(grant, ref reply.Attributes);
        Result<IDtObject> found = _storage.Find(io.Fid);
        if (found.Failed)
            return found.Error;

        using DtBuffers buffers = _storage.NewBuffers();
        using ServerBulk? bulk = io.IsShort ? null : request.NewBulk(BulkType.PutSource, Portals.OST_BULK_PORTAL);
        int total = 0;
        for (int i = 0; i < io.RangeCount; i++)
        {
            NiobufRemote range = BrwRequest.RangesOf(request)[i];
            int before = buffers.Vectors.Length;
            Result<int> got = await found.Value.GetReadBuffersAsync(buffers, (long)range.Offset, (int)range.Length);
            if (got.Failed)
                return got.Error;
            total += got.Value;
            if (bulk is not null && AddVectors(bulk, buffers, before, range.Offset) is var full and not Errno.OK)
                return full;
            if (got.Value < range.Length)
                break;      // the object ends here
        }
        FillReadReply(io, ref reply.Attributes, buffers);
        // Also with nothing to send: the client waits for each of its descriptors to end.
        if (bulk is not null && await bulk.RunAsync() is var failed and not Errno.OK)
            return failed;
        return PackReadReply(request, reply, buffers, io.IsShort, total);
    }

    /// <summary>What a read's reply says: checksum and grant, nothing of the object.</summary>
    void FillReadReply(in BrwRequest io, ref Obdo reply, DtBuffers buffers)
    {
        reply.Valid = io.Body.Valid & MdtValid.FLGRANT;
        if (!io.HasChecksum)
            return;
        ChecksumAlgorithm algorithm = BulkChecksum.Unpack(io.Body);
        uint checksum = BulkChecksum.Compute(algorithm, buffers.Vectors);
        // As if the data had changed on its way: the client sees a difference and reads again.
        if (_context.FailPoints.Check(ObdFail.OstChecksumSend))
            checksum++;
        reply.Valid |= MdtValid.FLCKSUM | MdtValid.FLFLAGS;
        reply.Flags = BulkChecksum.Pack(algorithm);
        reply.Nlink = checksum;
        bool isRetry = (io.Body.Valid & MdtValid.FLFLAGS) != 0 && (io.Body.Flags & ObdoFlags.RECOV_RESEND) != 0;
        if (isRetry && io.Body.Nlink != checksum)
        {
            Log(LogLevel.Error, $"bad read checksum: object {io.Fid} bytes {io.First} to {io.Last}: the client found "
                + $"{io.Body.Nlink:x8}, here it is {checksum:x8}: changed on the client or in transit");
        }
    }

    static Errno PackReadReply(
        ServerRequest request, in OstBody reply, DtBuffers buffers, bool isShort, int total)
    {
        request.Capsule.SetSize(Rmf.ShortIo, MessageSide.Reply, isShort ? total : 0);
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, reply);
        if (isShort)
        {
            Span<byte> into = request.Capsule.GetBytes(Rmf.ShortIo, MessageSide.Reply);
            foreach (IoVec vector in buffers.Vectors)
            {
                vector.Span.CopyTo(into);
                into = into[vector.Length..];
            }
        }
        request.Status = total;
        return Errno.OK;
    }

    /// <summary>Adds the vectors of one range, the first of which begins at <paramref name="offset"/>.</summary>
    static Errno AddVectors(ServerBulk bulk, DtBuffers buffers, int from, ulong offset)
    {
        foreach (IoVec vector in buffers.Vectors[from..])
        {
            if (bulk.Memory.Add(vector, (int)(offset & PageMask)) is var error and not Errno.OK)
                return error;
            offset += (uint)vector.Length;
        }
        return Errno.OK;
    }
}
