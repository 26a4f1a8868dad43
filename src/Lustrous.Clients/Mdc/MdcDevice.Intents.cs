using System.Runtime.CompilerServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Ldlm;
using Lustrous.Ldlm.Client;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Mdc;

// Operations that ride on a lock request. Source: lustre/mdc/mdc_locks.c.
public sealed partial class MdcDevice
{
    const int SmallAclBytes = 260;          // LUSTRE_POSIX_ACL_MAX_SIZE_OLD
    const int LargestAclBytes = 65536;      // XATTR_SIZE_MAX

    static readonly int s_defaultLmvSize = Unsafe.SizeOf<LmvUserMdV1>();

    const MdtValid GetattrValid = MdtValidMasks.FLGETATTR | MdtValid.FLEASIZE | MdtValid.FLMODEASIZE
        | MdtValid.FLDIREA | MdtValid.MEA | MdtValid.FLACL | MdtValid.DEFAULT_MEA;

    /// <summary>
    /// Looks a name up, or asks for the attributes of an object by FID, under a lock of the child
    /// (<c>mdc_intent_getattr_pack</c>). A missing name is an answer (<see cref="MdAnswer.IsNegative"/>).
    /// </summary>
    /// <param name="intent">LOOKUP or GETATTR.</param>
    /// <param name="operation">Directory and name; or the object as both FIDs and no name.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Result<MdAnswer>> LookupAsync(
        IntentOps intent, MdOperation operation, CancellationToken cancel)
    {
        Result<MdAnswer> answer = await LookupAsync(intent, operation, SmallAclBytes, cancel);
        return answer.Error == Errno.ERANGE
            ? await LookupAsync(intent, operation, LargestAclBytes, cancel)
            : answer;
    }

    /// <summary>
    /// Opens, and creates when OPEN_CREAT is among the flags, in one request (<c>mdc_intent_open_pack</c>): by name, or
    /// by FID under OPEN_BY_FID.
    /// </summary>
    public async ValueTask<Result<MdAnswer>> OpenAsync(MdOperation operation, CancellationToken cancel)
    {
        int aclBytes = SmallAclBytes;
        for (int attempt = 1; ; attempt++)
        {
            Result<MdAnswer> answer = await OpenAsync(operation, aclBytes, cancel);
            if (answer.Error == Errno.ERANGE && aclBytes == SmallAclBytes)
            {
                aclBytes = LargestAclBytes;
                continue;
            }
            // The MDT waits for an OST: it is asked again, less and less often (mdc_enqueue_base).
            if (answer.Error != Errno.EINPROGRESS)
                return answer;
            if (!await PauseAsync(attempt, cancel))
                return Errno.EINTR;
        }
    }

    /// <summary>Before the next attempt; false when it was cancelled.</summary>
    async ValueTask<bool> PauseAsync(int attempt, CancellationToken cancel)
    {
        const int LongestSeconds = 20;
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(Math.Min(attempt, LongestSeconds)), Node.Context.Clock, cancel);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>The layout of a file under its LAYOUT lock (<c>mdc_intent_layout_pack</c>); the bytes are the lock's
    /// value block. One that the MDT has to change takes everybody's lock away first, and ours goes along.</summary>
    public async ValueTask<Result<MdAnswer>> LayoutAsync(
        Fid fid, LayoutIntent wanted, MdCredentials caller, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            Result<MdAnswer> answer = await AskLayoutAsync(fid, wanted, cancel);
            if (answer.Error != Errno.EINPROGRESS)
                return answer;
            if (!await PauseAsync(attempt, cancel))
                return Errno.EINTR;
        }
    }

    async ValueTask<Result<MdAnswer>> AskLayoutAsync(Fid fid, LayoutIntent wanted, CancellationToken cancel)
    {
        bool changes = wanted.Opcode is LayoutIntentOp.Write or LayoutIntentOp.Trunc;
        using LockCancels? cancels = changes
            ? await Locks.CollectCancelsAsync(LdlmResId.FromFid(fid), LockMode.EX, InodeBits.LAYOUT)
            : null;
        using PtlrpcRequest request = NewEnqueue(RequestFormats.LdlmIntentLayout, cancels);
        request.SetSize(Rmf.Eadata, 0);
        request.SetReplySize(Rmf.DlmLvb, Volatile.Read(ref _defaultEaSize));
        request.IsModifying = request.HoldsReplay = changes;
        request.Set(Rmf.LdlmIntent, new LdlmIntent { Opcode = IntentOps.LAYOUT });
        request.Set(Rmf.LayoutIntent, wanted);
        EnqueueResult enqueued = await Locks.EnqueueAsync(
            Ask(fid, InodeBits.LAYOUT, changes ? LockMode.EX : LockMode.CR), request, cancels, cancel);
        if (Failure(enqueued) is var error and not Errno.OK)
            return error;
        ReadOnlySpan<byte> layout = request.GetBytes(Rmf.DlmLvb);
        NoteEaSize(layout.Length);
        // A restarted MDT is told what it gave, as it would choose other objects now.
        if (request.Transno != 0 && !layout.IsEmpty && request.HoldsReplay)
            layout.CopyTo(request.AmendForReplay(Rmf.Eadata, layout.Length));
        request.HoldsReplay = false;
        return new MdAnswer(new MdtBody { Fid1 = fid })
        {
            Layout = layout.ToArray(),
            Lock = enqueued.Lock,
            Dispositions = enqueued.Dispositions,
        };
    }

    /// <summary>The UPDATE lock of a directory, under which its entries may be cached; the caller releases
    /// it.</summary>
    public async ValueTask<Result<ClientLock>> LockDirectoryAsync(Fid directory, CancellationToken cancel)
    {
        Interlocked.Increment(ref _requests);
        EnqueueResult enqueued = await Locks.EnqueueAsync(Ask(directory, InodeBits.UPDATE, LockMode.PR), cancel);
        if (Failure(enqueued) is var error and not Errno.OK)
            return error;
        return enqueued.Lock is { } held ? held : Errno.EAGAIN;
    }

    /// <summary>A lock already held that covers these bits of the object; null for none. Allocates nothing.</summary>
    public ClientLock? Match(Fid fid, InodeBits bits) => Locks.Match(
        LdlmResId.FromFid(fid), LockType.Ibits, LockMode.CR | LockMode.CW | LockMode.PR | LockMode.PW,
        LockPolicies.Bits(bits));

    async ValueTask<Result<MdAnswer>> LookupAsync(
        IntentOps intent, MdOperation operation, int aclBytes, CancellationToken cancel)
    {
        PtlrpcRequest request = NewEnqueue(RequestFormats.LdlmIntentGetattr);
        try
        {
            int easize = Volatile.Read(ref _defaultEaSize);
            request.SetSize(Rmf.Name, operation.Name.Length + 1);
            request.SetSize(Rmf.FileSecCtxName, 0);
            request.SetReplySize(Rmf.MdtMd, easize);
            request.SetReplySize(Rmf.Acl, aclBytes);
            request.SetReplySize(Rmf.FileSecCtx, 0);
            request.SetReplySize(Rmf.DefaultMdtMd, s_defaultLmvSize);
            request.SetReplySize(Rmf.FileEncCtx, 0);
            request.Set(Rmf.LdlmIntent, new LdlmIntent { Opcode = intent });
            MdtBody body = Body(operation.Fid1, GetattrValid, operation.Caller);
            body.Fid2 = operation.Fid2;
            body.EaDataSize = (uint)easize;
            request.Set(Rmf.MdtBody, body);
            request.SetString(Rmf.Name, operation.Name.Span);
            bool isGetattr = (intent & IntentOps.GETATTR) != 0;
            LockRequest ask = Ask(
                operation.Fid1, isGetattr ? InodeBits.UPDATE : InodeBits.LOOKUP, LockMode.CR);
            EnqueueResult enqueued = await Locks.EnqueueAsync(ask, request, null, cancel);
            return Finish(request.Capsule, enqueued);
        }
        finally
        {
            request.Dispose();
        }
    }

    async ValueTask<Result<MdAnswer>> OpenAsync(MdOperation operation, int aclBytes, CancellationToken cancel)
    {
        bool creates = (operation.OpenFlags & MdsOpenFlags.CREAT) != 0;
        using LockCancels cancels = creates
            ? await CollectOfDirectoryAsync(operation.Fid1)
            : await Locks.CollectCancelsAsync(LdlmResId.FromFid(operation.Fid1), LockMode.CR, InodeBits.UPDATE);
        PtlrpcRequest request = NewEnqueue(RequestFormats.LdlmIntentOpen, cancels);
        bool kept = false;
        try
        {
            PackOpen(request, operation, aclBytes);
            EnqueueResult enqueued = await Locks.EnqueueAsync(
                Ask(operation.Fid1, creates ? InodeBits.UPDATE : InodeBits.LOOKUP, creates ? LockMode.CW : LockMode.CR),
                request, cancels, cancel);
            Result<MdAnswer> answer = Finish(request.Capsule, enqueued);
            if (answer.Failed || answer.Value.IsNegative)
                return answer;
            if (answer.Value.IsRemote)
                return answer;
            if ((enqueued.Dispositions & Dispositions.OPEN_OPEN) == 0)
            {
                answer.Value.ReleaseLock();
                return NotOpened(operation, answer.Value.Body.Mode);
            }
            var open = new MdOpenHandle(this, answer.Value.Body.Fid1, answer.Value.Body.OpenHandle);
            if (request.Transno != 0)
            {
                kept = true;
                open.Keep(request, answer.Value.Layout);
            }
            answer.Value.Open = open;
            return answer;
        }
        finally
        {
            if (!kept)
            {
                request.KeepForReplay = false;
                request.Dispose();
            }
        }
    }

    void PackOpen(PtlrpcRequest request, in MdOperation operation, int aclBytes)
    {
        int easize = Volatile.Read(ref _defaultEaSize);
        request.SetSize(Rmf.Name, operation.Name.Length + 1);
        request.SetSize(Rmf.Eadata, operation.Data.IsEmpty ? 0 : Math.Max(operation.Data.Length, easize));
        request.SetSize(Rmf.FileSecCtxName, 0);
        request.SetSize(Rmf.FileSecCtx, 0);
        request.SetSize(Rmf.SelinuxPol, 0);
        request.SetSize(Rmf.FileEncCtx, 0);
        request.SetReplySize(Rmf.MdtMd, easize);
        request.SetReplySize(Rmf.Acl, aclBytes);
        request.SetReplySize(Rmf.NiobufInline, Unsafe.SizeOf<NiobufRemote>());
        request.SetReplySize(Rmf.FileSecCtx, 0);
        request.SetReplySize(Rmf.FileEncCtx, 0);
        request.SetReplySize(Rmf.DefaultMdtMd, s_defaultLmvSize);
        request.IsModifying = true;
        request.KeepForReplay = request.HoldsReplay = true;
        IntentOps intent = (operation.OpenFlags & MdsOpenFlags.CREAT) != 0
            ? IntentOpsMasks.OPEN_CREAT
            : IntentOps.OPEN;
        request.Set(Rmf.LdlmIntent, new LdlmIntent { Opcode = intent });
        var record = new MdtRecCreate
        {
            Opcode = ReintOp.Open,
            Capability = operation.Caller.Capability,
            FsUid = operation.Caller.FsUid,
            FsGid = operation.Caller.FsGid,
            SupplementaryGid1 = operation.Caller.SupplementaryGid1,
            SupplementaryGid2 = operation.Caller.SupplementaryGid2,
            Fid1 = operation.Fid1,
            Fid2 = operation.Fid2,
            Time = operation.Time,
            Rdev = operation.Rdev,
            Mode = operation.Mode,
            Bias = operation.Bias,
            Umask = operation.Caller.Umask,
            LayoutVersion = operation.LayoutVersion,
            Flags = operation.OpenFlags | (operation.Data.IsEmpty ? 0 : MdsOpenFlags.HAS_EA),
        };
        SetRecord(request, record);
        request.SetString(Rmf.Name, operation.Name.Span);
        request.SetBytes(Rmf.Eadata, operation.Data.Span);
    }

    LockRequest Ask(Fid fid, InodeBits bits, LockMode mode) => new()
    {
        Resource = LdlmResId.FromFid(fid),
        Type = LockType.Ibits,
        Mode = mode,
        Policy = LockPolicies.Bits(bits),
        Callbacks = Callbacks,
    };

    // What a reply without its body or with somebody else's lock is worth: nothing (mdc_finish_enqueue and
    // mdc_finish_intent_lock assert where we refuse).
    Result<MdAnswer> Finish(RequestCapsule? reply, in EnqueueResult enqueued)
    {
        if (enqueued.Status != Errno.OK)
            return enqueued.Status;
        const Dispositions Negative = Dispositions.LOOKUP_EXECD | Dispositions.LOOKUP_NEG;
        bool isNegative = (enqueued.Dispositions & Negative) == Negative
            && (enqueued.Dispositions & Dispositions.OPEN_OPEN) == 0;
        if (isNegative && enqueued.IntentStatus is Errno.OK or Errno.ENOENT)
        {
            Drop(enqueued.Lock);
            return new MdAnswer(default) { IsNegative = true, Dispositions = enqueued.Dispositions };
        }
        Errno error = Failure(enqueued);
        if (error == Errno.OK && (enqueued.Dispositions & Dispositions.IT_EXECD) == 0)
        {
            Drop(enqueued.Lock);
            error = Errno.EPROTO;
        }
        if (error != Errno.OK)
            return error;
        Result<MdAnswer> answer = ReadAnswer(reply!);
        if (!answer.Failed && enqueued.Lock is { } held && held.Resource.ToFid() != answer.Value.Body.Fid1)
            answer = Errno.EPROTO;
        if (answer.Failed)
        {
            Drop(enqueued.Lock);
            return answer;
        }
        answer.Value.Lock = enqueued.Lock;
        answer.Value.Dispositions = enqueued.Dispositions;
        return answer;
    }

    /// <summary>The name stands for what an MDT does not open: the caller follows links and opens devices itself, and
    /// asks only where it did not know of them yet.</summary>
    static Errno NotOpened(MdOperation operation, uint mode)
    {
        const MdsOpenFlags Exclusive = MdsOpenFlags.CREAT | MdsOpenFlags.EXCL;
        if ((operation.OpenFlags & Exclusive) == Exclusive)
            return Errno.EEXIST;
        return (mode & 0xF000) switch
        {
            0xA000 => Errno.ELOOP,
            0x8000 or 0x4000 => Errno.EPROTO,
            _ => Errno.ENXIO,
        };
    }

    static Errno Failure(in EnqueueResult enqueued)
    {
        Errno error = enqueued.Status != Errno.OK ? enqueued.Status : enqueued.IntentStatus;
        if (error != Errno.OK)
            Drop(enqueued.Lock);
        return error;
    }

    static void Drop(ClientLock? held) => held?.ReleaseAndCancel(held.GrantedMode);

    /// <summary>Body, layout and ACL of a reply, checked against each other (<c>mdc_get_lustre_md</c>).</summary>
    Result<MdAnswer> ReadAnswer(RequestCapsule reply)
    {
        if (!reply.TryGet(Rmf.MdtBody, MessageSide.Reply, out MdtBody body))
            return Errno.EPROTO;
        if ((body.Valid & MdtValid.FLID) != 0 && !body.Fid1.IsSane)
            return Errno.EPROTO;
        var answer = new MdAnswer(body);
        if (HasLayout(body))
        {
            ReadOnlySpan<byte> layout = reply.GetBytes(Rmf.MdtMd, MessageSide.Reply);
            if (layout.Length < body.EaDataSize)
                return Errno.EPROTO;
            answer.Layout = layout[..(int)body.EaDataSize].ToArray();
            NoteEaSize((int)body.EaDataSize);
        }
        if ((body.Valid & MdtValid.FLACL) != 0 && body.AclSize > 0)
        {
            ReadOnlySpan<byte> acl = reply.GetBytes(Rmf.Acl, MessageSide.Reply);
            if (acl.Length < body.AclSize)
                return Errno.EPROTO;
            answer.Acl = acl[..(int)body.AclSize].ToArray();
        }
        return answer;
    }

    /// <summary>Of a directory that has no stripes, but a default of how to stripe those in it, only that default's
    /// size is told, which comes in a field of its own.</summary>
    static bool HasLayout(in MdtBody body)
    {
        const MdtValid WithLayout = MdtValid.FLEASIZE | MdtValid.LINKNAME | MdtValid.MEA;
        bool hasDefaults = (body.Valid & (MdtValid.FLDIREA | MdtValid.DEFAULT_MEA)) == MdtValid.FLDIREA;
        return body.EaDataSize > 0 && ((body.Valid & WithLayout) != 0 || hasDefaults);
    }

    static MdtBody Body(Fid fid, MdtValid valid, MdCredentials caller) => new()
    {
        Fid1 = fid,
        Valid = valid | MdtValid.FLID,
        SupplementaryGid = caller.SupplementaryGid1,
        Uid = caller.FsUid,
        Gid = caller.FsGid,
        FsUid = caller.FsUid,
        FsGid = caller.FsGid,
        Capability = caller.Capability,
    };

    static void SetRecord<T>(PtlrpcRequest request, in T record) where T : unmanaged =>
        request.SetBytes(
            Rmf.RecReint,
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in record)));
}
