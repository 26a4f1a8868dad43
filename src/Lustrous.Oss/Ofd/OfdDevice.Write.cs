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

// OST_WRITE: what the client sends lands in the storage's memory (tgt_brw_write, ofd_preprw_write,
// ofd_commitrw_write).
public sealed partial class OfdDevice
{
    // OBD_FAIL_OST_CHECKSUM_RECEIVE, OBD_FAIL_OST_CHECKSUM_SEND

    // Times a write tries again after room was given back by a commit.
    const int SpaceRetries = 3;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> WriteAsync(ServerRequest request, CancellationToken cancel)
    {
        if (BrwRequest.Unpack(request, out BrwRequest io) is var error and not Errno.OK)
            return error;
        ServerLock? taken = null;
        if (!io.WantsLock)
            Prolong(request, io.Fid, io.First, io.Last, LockMode.PW | LockMode.GROUP);
        else if (await LockAsync(io.Fid, io.First, io.Last, LockMode.PW, 0, cancel) is { Failed: false } locked)
            taken = locked.Value;
        else
            return Errno.EIO;
        try
        {
            error = await WriteGrantedAsync(request, io, cancel);
            // Of a lock of the server's own nobody else updates the value block when it goes.
            if (error == Errno.OK && taken is not null)
                _namespace.Lvb!.Update(taken.Resource, default, increaseOnly: true);
            return error;
        }
        finally
        {
            Release(taken);
        }
    }

    /// <summary>Settles the grant, then writes; what became pending is given back in any case.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> WriteGrantedAsync(ServerRequest request, BrwRequest io, CancellationToken cancel)
    {
        if ((request.Flags & (MsgFlags.RESENT | MsgFlags.REPLAY)) != 0)
            io.Body.Valid &= ~MdtValid.FLGRANT;
        var grant = TargetExport.Of(request.Export!).Grant!;
        if (_target.Grants!.WantsSync(grant, BrwRequest.RangesOf(request)))
            await _target.SyncAsync(cancel);
        bool isReplay = (request.Flags & MsgFlags.REPLAY) != 0;
        Obdo asked = io.Body;
        int agreement = grant.Agreements;
        PendingWrite pending = TakePending();
        pending.Begin(grant);
        pending.Bytes = _target.Grants.PrepareWrite(grant, ref io.Body, BrwRequest.RangesOf(request), isReplay);
        Errno error = await WriteObjectAsync(request, io, asked, pending, cancel);
        if (!pending.IsHandedOver)
            GiveBack(pending, error);
        Release(pending);
        if (error != Errno.OK)
            _target.Grants.TakeBack(grant, io.Body, agreement);
        return error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> WriteObjectAsync(
        ServerRequest request, BrwRequest io, Obdo asked, PendingWrite pending, CancellationToken cancel)
    {
        Result<IDtObject> found = FindForChange(request, io.Fid);
        if (found.Failed)
            return found.Error;
        if (!HasRoom(found.Value, BrwRequest.RangesOf(request)))
            return Errno.ENOSPC;
        using DtBuffers buffers = _storage.NewBuffers();
        using (ServerBulk? bulk = io.IsShort ? null : request.NewBulk(BulkType.GetSink, Portals.OST_BULK_PORTAL))
        {
            for (int i = 0; i < io.RangeCount; i++)
            {
                NiobufRemote range = BrwRequest.RangesOf(request)[i];
                int before = buffers.Vectors.Length;
                Errno error = await found.Value.GetWriteBuffersAsync(
                    buffers, (long)range.Offset, (int)range.Length);
                if (error == Errno.OK && bulk is not null)
                    error = AddVectors(bulk, buffers, before, range.Offset);
                if (error != Errno.OK)
                    return error;
            }
            Errno moved = bulk is not null ? await bulk.RunAsync() : CopyShort(request, io.TotalBytes, buffers);
            if (moved != Errno.OK)
                return moved;
        }
        CheckWritten(request, asked, ref io.Body, buffers);
        bool isReplay = (request.Flags & MsgFlags.REPLAY) != 0 && request.Transno != 0;
        // Its data is taken, as the client offers that again too, and is old: others may have written after it.
        if (isReplay && ExportData(request.Export!).LastReplayedWrite >= request.Transno)
        {
            request.ReplyTransno = request.Transno;
            return PackWriteReply(request, io, found.Value);
        }
        if (await CommitAsync(request, found.Value, io, asked, buffers, pending) is var failed and not Errno.OK)
            return failed;
        if (isReplay)
            ExportData(request.Export!).LastReplayedWrite = request.Transno;
        if (!io.IsAsync && await _target.SyncAsync(cancel) is var lost and not Errno.OK)
            return lost;
        return PackWriteReply(request, io, found.Value);
    }

    /// <summary>
    /// The whole of it has room that was granted, or is overwritten where it lies. What has neither fails as a whole,
    /// as the client fails it too when one of the ranges does (check_write_rcs of osc).
    /// </summary>
    static bool HasRoom(IDtObject target, ReadOnlySpan<NiobufRemote> ranges)
    {
        foreach (ref readonly NiobufRemote range in ranges)
        {
            if ((range.Flags & BrwFlags.GRANTED) != 0)
                continue;
            Result<long> hole = target.Seek((long)range.Offset, hole: true);
            if (hole.Failed || (ulong)hole.Value < range.Offset + range.Length)
                return false;
        }
        return true;
    }

    static Errno CopyShort(ServerRequest request, int length, DtBuffers buffers)
    {
        ReadOnlySpan<byte> data = request.Capsule.GetBytes(Rmf.ShortIo, MessageSide.Request);
        if (data.Length != length)
            return Errno.EPROTO;
        foreach (IoVec vector in buffers.Vectors)
        {
            data[..vector.Length].CopyTo(vector.Span);
            data = data[vector.Length..];
        }
        return Errno.OK;
    }

    /// <summary>Tells the client what arrived; when that is not what it sent, it sends the data again.</summary>
    void CheckWritten(ServerRequest request, in Obdo asked, ref Obdo reply, DtBuffers buffers)
    {
        if ((asked.Valid & MdtValid.FLCKSUM) == 0)
            return;
        if (_context.FailPoints.Check(ObdFail.OstChecksumReceive))
            buffers.Vectors[0].Span[0]++;
        ChecksumAlgorithm algorithm = BulkChecksum.Unpack(asked);
        uint checksum = BulkChecksum.Compute(algorithm, buffers.Vectors);
        reply.Valid |= MdtValid.FLCKSUM | MdtValid.FLFLAGS;
        reply.Flags = reply.Flags & ~ObdoFlagsMasks.CKSUM_ALL | BulkChecksum.Pack(algorithm);
        reply.Nlink = checksum;
        if (checksum != asked.Nlink)
        {
            Log(LogLevel.Error, $"bad write checksum: object {asked.ObjectId} from {request.Export}: "
                + $"it sent {asked.Nlink:x8}, here arrived {checksum:x8}");
        }
    }

    /// <summary>Makes the data part of the object, with its times and, once, its owner.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<Errno> CommitAsync(
        ServerRequest request, IDtObject target, BrwRequest io, Obdo asked, DtBuffers buffers, PendingWrite pending)
    {
        for (int tries = 0; ; tries++)
        {
            Errno status = target.GetAttributes(out DtAttributes present);
            if (status != Errno.OK)
                return status;
            DtAttributes wanted = ObdoAttributes.From(asked, ObdoAttributes.Times | ObdoAttributes.Owners);
            Settle(request, target, present, ref wanted);
            ParentFid parent = default;
            bool setsParent = NeedsParent(target, asked, ref parent);
            DtTransaction transaction = _target.Begin(request);
            transaction.IsSync = !io.IsAsync;
            status = transaction.DeclareWrite(target, buffers);
            if (status == Errno.OK && setsParent)
                status = transaction.DeclareXattr(Unsafe.SizeOf<ParentFid>());
            if (status == Errno.OK)
                status = transaction.Start();
            if (status == Errno.OK && wanted.Valid != 0)
                status = target.SetAttributes(transaction, wanted);
            if (status == Errno.OK && setsParent)
                status = SetParent(transaction, target, parent);
            if (status == Errno.OK)
                status = await target.CommitWriteAsync(transaction, buffers);
            if (status == Errno.OK)
            {
                pending.HandOver();
                transaction.OnCommit(s_writeCommitted, pending);
            }
            transaction.Stop(status);
            if (status != Errno.ENOSPC || tries == SpaceRetries)
                return status;
            // Room that was just given back can be used once that is durable.
            if (await _target.SyncAsync() is var failed and not Errno.OK)
                return failed;
        }
    }

    /// <summary>Which attributes a write may set.</summary>
    static void Settle(ServerRequest request, IDtObject target, in DtAttributes present, ref DtAttributes wanted)
    {
        SettleOwner(ref wanted, present, isSetattr: false);
        if ((wanted.Valid & DtValid.AccessTime) != 0 && wanted.AccessTime <= present.AccessTime)
            wanted.Valid &= ~DtValid.AccessTime;
        if ((wanted.Valid & DtValid.Times) != 0
            && !ExportData(request.Export!).MaySetTimes(target.Fid, request.Xid))
            wanted.Valid &= ~DtValid.Times;
    }

    static Errno PackWriteReply(ServerRequest request, in BrwRequest io, IDtObject target)
    {
        request.Capsule.SetSize(Rmf.Rcs, MessageSide.Reply, io.RangeCount * sizeof(uint));
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        var reply = new OstBody { Attributes = io.Body };
        if (target.GetAttributes(out DtAttributes attributes) == Errno.OK)
            ObdoAttributes.Fill(ref reply.Attributes, attributes, ObdoAttributes.Reply | ObdoAttributes.Owners);
        // The client knows its own times, or has to ask with a glimpse anyway.
        reply.Attributes.Valid &= ~(MdtValid.FLMTIME | MdtValid.FLATIME);
        reply.Attributes.Valid |= MdtValid.FLFLAGS | MdtValidMasks.FLALLQUOTA;
        if ((io.Body.Valid & MdtValid.FLFLAGS) == 0)
            reply.Attributes.Flags = 0;
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, reply);
        request.Capsule.GetArray(Rmf.Rcs, MessageSide.Reply).Clear();
        return Errno.OK;
    }
}
