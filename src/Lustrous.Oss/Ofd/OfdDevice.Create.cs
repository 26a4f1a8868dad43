using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Fids;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Oss.Ofd;

// OST_CREATE: an MDT has objects made in advance, and after its restart those destroyed that it never used.
public sealed partial class OfdDevice
{
    // Objects of one transaction (OFD_PRECREATE_BATCH_DEFAULT).
    const int PrecreateBatch = 128;

    // Not owned by anybody yet: the first write or setattr may set owner, group and project (OFD_UNSET_ATTRS_MODE).
    const uint UnsetMode = DtMode.Regular | SetUid | SetGid | Sticky | 0x1B6;
    const uint SetUid = 0x800, SetGid = 0x400, Sticky = 0x200;

    async ValueTask<Errno> CreateAsync(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.OstBody, MessageSide.Request, out OstBody body))
            return Errno.EPROTO;
        // Only MDTs make objects; anybody else could fill the disk with them.
        if (!request.Export!.Supports(ConnectFlags.MDS))
            return Errno.EPERM;
        OstId id = body.Attributes.ObjectId;
        if (id.Sequence != FidSeq.OST_MDT0 && id.Sequence < FidSeq.NORMAL || id.Sequence == FidSeq.LOV_DEFAULT)
            return Errno.EPROTO;
        Result<OfdSequence> found = FindSequence(SequenceOf(id));
        if (found.Failed)
            return Errno.EINVAL;

        var reply = new OstBody
        {
            Attributes = new Obdo
            {
                ObjectId = id,
                Valid = MdtValid.FLSIZE | MdtValid.FLID | MdtValid.FLGROUP,
                Size = SequenceConst.DataWidth,
            },
        };
        bool destroysOrphans = (body.Attributes.Valid & MdtValid.FLFLAGS) != 0
            && (body.Attributes.Flags & ObdoFlags.DELORPHAN) != 0;
        Errno status;
        using (found.Value.CreateLock.Enter())
        {
            // Of an older connection: the MDT has asked anew since.
            if (request.ConnectCount < request.Export!.ConnectCount)
                return Errno.ESTALE;
            status = destroysOrphans
                ? RecoverObjects(request.Export!, found.Value, id.Id, ref reply.Attributes)
                : MakeObjects(found.Value, id.Id, ref reply.Attributes);
        }
        // Files get these objects at once, and clients ask for them: a crash here must not lose them. They are made
        // many at a time and ahead of need, so nobody waits for this.
        if (status == Errno.OK)
            status = await _target.SyncAsync(cancel);
        if (status == Errno.OK)
            request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, reply);
        return status;
    }

    /// <summary>Sequence of the FIDs that objects are kept under; objects by number are kept under this OST's
    /// IDIF.</summary>
    ulong SequenceOf(OstId id) =>
        id.Sequence == FidSeq.OST_MDT0 ? FidSeq.IDIF | Options.Index << 16 : id.Sequence;

    /// <summary>The MDT is new or back: objects behind the last that it used go, or those are made that it has used and
    /// this OST has not got (OBD_FL_DELORPHAN).</summary>
    Errno RecoverObjects(Export export, OfdSequence sequence, ulong lastUsed, ref Obdo reply)
    {
        long difference = (long)(lastUsed - sequence.LastId);
        if (-difference > OstConst.MAX_PRECREATE)
        {
            Log(LogLevel.Warning,
                $"too large difference between the MDT's last id {lastUsed} and ours {sequence.LastId}: trusting ours");
            return SetId(ref reply, sequence, sequence.LastId + 1);
        }
        if (difference < 0)
            return DestroyOrphans(export, sequence, lastUsed, ref reply);
        if (difference == 0)
            return SetId(ref reply, sequence, sequence.LastId);
        // This OST was formatted anew, or lost its memory. To make the objects again would turn lost data into zeros.
        if (sequence.IsNew && sequence.LastId == 0 && difference > 1)
        {
            Log(LogLevel.Error,
                $"files have objects up to {FidOf(sequence, lastUsed)}, this OST has none of them: their data is lost");
            sequence.Skip(lastUsed);
            return SetId(ref reply, sequence, lastUsed);
        }
        if (difference > 5 * OstConst.MAX_PRECREATE)
        {
            Log(LogLevel.Warning,
                $"the MDT's last id {lastUsed} is far above ours {sequence.LastId}: making the last ones only");
            difference = OstConst.MAX_PRECREATE;
            sequence.Skip(lastUsed - (ulong)difference);
        }
        Errno status = Make(sequence, (int)difference);
        return status != Errno.OK ? status : SetId(ref reply, sequence, sequence.LastId);
    }

    /// <summary>
    /// An object that a replayed request changes. The MDT had it made, and the crash lost that: it is made again, with
    /// all before it, as the MDT will want it when it comes back (ofd_preprw_write).
    /// </summary>
    Result<IDtObject> FindForChange(ServerRequest request, Fid fid)
    {
        Result<IDtObject> found = _storage.Find(fid);
        if (!found.Failed || (request.Flags & MsgFlags.REPLAY) == 0 || !(fid.IsNormal || fid.IsIdif))
            return found;
        var id = new OstId(fid);
        Result<OfdSequence> sequence = FindSequence(SequenceOf(id));
        if (sequence.Failed)
            return sequence.Error;
        using (sequence.Value.CreateLock.Enter())
        {
            long missing = (long)(id.Id - sequence.Value.LastId);
            // Below the last number it is not missing but destroyed.
            if (missing is <= 0 or > 5 * OstConst.MAX_PRECREATE)
                return Errno.ENOENT;
            if (Make(sequence.Value, (int)missing) is var error and not Errno.OK)
                return error;
        }
        return _storage.Find(fid);
    }

    /// <summary>Makes objects up to the number asked for, as many as there is room for.</summary>
    Errno MakeObjects(OfdSequence sequence, ulong upTo, ref Obdo reply)
    {
        if (upTo > SequenceConst.DataWidth && sequence.Sequence >= FidSeq.NORMAL)
            return Errno.ENOSPC;
        long difference = (long)(upTo - sequence.LastId);
        if (difference < 0)
            return SetId(ref reply, sequence, sequence.LastId);     // the MDT is behind: it shall go on from here
        int count = (int)Math.Min(difference, OstConst.MAX_PRECREATE);
        if (count == 0)
            return SetId(ref reply, sequence, sequence.LastId);
        Result<long> pending = _target.Grants!.Create(ref count);
        if (pending.Failed)
            return pending.Error;
        ulong before = sequence.LastId;
        Errno status = Make(sequence, count);
        _target.Grants.Commit(_target.Grants.Self, pending.Value, status);
        if (sequence.LastId == before)
            return status == Errno.OK ? Errno.ENOSPC : status;
        return SetId(ref reply, sequence, sequence.LastId);     // some were made: those the MDT can have
    }

    Errno Make(OfdSequence sequence, int count)
    {
        while (count > 0)
        {
            Result<int> made = MakeBatch(sequence, Math.Min(count, PrecreateBatch));
            if (made.Failed)
                return made.Error;
            count -= made.Value;
        }
        return Errno.OK;
    }

    /// <summary>One transaction: some objects, and their last number.</summary>
    Result<int> MakeBatch(OfdSequence sequence, int count)
    {
        DtTransaction transaction = _target.Begin(null);
        Errno status = sequence.DeclareLastId(transaction);
        if (status == Errno.OK)
            status = transaction.DeclareCreate(count);
        if (status == Errno.OK)
            status = transaction.Start();
        var attributes = new DtAttributes { Valid = DtValid.Mode | DtValid.Times, Mode = UnsetMode };
        ulong first = sequence.LastId + 1;
        for (int i = 0; i < count && status == Errno.OK; i++)
        {
            IDtObject target = _storage.Locate(FidOf(sequence, first + (ulong)i));
            // One may be there: made again by a replayed write.
            if (!target.Exists)
                status = target.Create(transaction, attributes, DtObjectFormat.Regular);
        }
        if (status == Errno.OK)
            status = sequence.SetLastId(transaction, first + (ulong)count - 1);
        transaction.Stop(status);
        return status == Errno.OK ? count : status;
    }

    Errno DestroyOrphans(Export export, OfdSequence sequence, ulong lastUsed, ref Obdo reply)
    {
        ulong last = sequence.LastId;
        Log(LogLevel.Info,
            $"{export.ClientUuid}: destroying orphans {lastUsed + 1} to {last} of {sequence.Sequence:x}");
        for (ulong id = last; id > lastUsed; id--)
        {
            Errno status = DestroyObject(null, FidOf(sequence, id));
            if (status is not (Errno.OK or Errno.ENOENT))
                Log(LogLevel.Error, $"orphan {FidOf(sequence, id)} cannot be destroyed: {status}");
        }
        // Numbers that were given out are not used again where the MDT says so: it may still find them in old layouts.
        if (export.Supports(ConnectFlags.SKIP_ORPHAN))
            return SetId(ref reply, sequence, last);
        DtTransaction transaction = _target.Begin(null);
        Errno result = sequence.DeclareLastId(transaction);
        if (result == Errno.OK)
            result = transaction.Start();
        if (result == Errno.OK)
            result = sequence.SetLastId(transaction, lastUsed);
        transaction.Stop(result);
        return result == Errno.OK ? SetId(ref reply, sequence, lastUsed) : result;
    }

    static Fid FidOf(OfdSequence sequence, ulong id) => new Fid(sequence.Sequence, 0).IsIdif
        ? Fid.FromIdif(id, new Fid(sequence.Sequence, 0).IdifOstIndex).Value
        : sequence.FidOf(id);

    static Errno SetId(ref Obdo reply, OfdSequence sequence, ulong id)
    {
        Result<OstId> name = OstId.FromFid(FidOf(sequence, id));
        if (name.Failed)
            return name.Error;
        reply.ObjectId = name.Value;
        return Errno.OK;
    }
}
