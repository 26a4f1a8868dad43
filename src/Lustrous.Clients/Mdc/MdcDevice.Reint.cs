using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Ldlm.Client;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Mdc;

// Changes of the name space. Locks of ours that they would conflict with ride along as cancels. Source:
// lustre/mdc/mdc_reint.c, mdc_lib.c.
public sealed partial class MdcDevice
{
    const uint TypeMask = 0xF000, TypeSymlink = 0xA000;

    /// <summary>What a walk through a directory needs.</summary>
    const InodeBits NameBits = InodeBits.LOOKUP | InodeBits.PERM;

    /// <summary>Directory, device, FIFO, socket, file without open, or symbolic link, whose target is the
    /// data.</summary>
    public async ValueTask<Result<MdAnswer>> CreateAsync(MdOperation operation, CancellationToken cancel)
    {
        using LockCancels cancels = await CollectOfDirectoryAsync(operation.Fid1);
        bool isSymlink = (operation.Mode & TypeMask) == TypeSymlink;
        using PtlrpcRequest request = NewRequest(
            isSymlink ? RequestFormats.MdsReintCreateSym : RequestFormats.MdsReintCreateAcl);
        BytesField data = isSymlink ? Rmf.Symtgt : Rmf.Eadata;
        cancels.Reserve(request);
        request.SetSize(Rmf.Name, operation.Name.Length + 1);
        request.SetSize(data, operation.Data.Length + (isSymlink ? 1 : 0));
        SetNoContexts(request);
        if (!isSymlink)
            request.SetReplySize(Rmf.MdtMd, Volatile.Read(ref _defaultEaSize));
        var record = new MdtRecCreate
        {
            Opcode = ReintOp.Create,
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
            Flags = operation.OpenFlags,
        };
        SetRecord(request, record);
        request.SetString(Rmf.Name, operation.Name.Span);
        request.SetBytes(data, operation.Data.Span);
        return await ReintAsync(request, cancels, cancel);
    }

    /// <summary>Fid1 gets the name in directory Fid2.</summary>
    public async ValueTask<Result<MdAnswer>> LinkAsync(MdOperation operation, CancellationToken cancel)
    {
        using LockCancels cancels = await CollectOfDirectoryAsync(operation.Fid2);
        await Locks.CollectCancelsAsync(
            cancels, LdlmResId.FromFid(operation.Fid1), LockMode.EX, InodeBits.UPDATE);
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsReintLink);
        cancels.Reserve(request);
        request.SetSize(Rmf.Name, operation.Name.Length + 1);
        request.SetSize(Rmf.SelinuxPol, 0);
        var record = new MdtRecLink
        {
            Opcode = ReintOp.Link,
            Capability = operation.Caller.Capability,
            FsUid = operation.Caller.FsUid,
            FsGid = operation.Caller.FsGid,
            SupplementaryGid1 = operation.Caller.SupplementaryGid1,
            SupplementaryGid2 = operation.Caller.SupplementaryGid2,
            Fid1 = operation.Fid1,
            Fid2 = operation.Fid2,
            Time = operation.Time,
            Bias = operation.Bias,
        };
        SetRecord(request, record);
        request.SetString(Rmf.Name, operation.Name.Span);
        return await ReintAsync(request, cancels, cancel);
    }

    /// <summary>The name leaves directory Fid1; the type in Mode says whether a directory is meant.</summary>
    public async ValueTask<Result<MdAnswer>> UnlinkAsync(MdOperation operation, CancellationToken cancel)
    {
        using LockCancels cancels = await CollectOfDirectoryAsync(operation.Fid1);
        if (operation.Victim.IsSane)
            await Locks.CollectCancelsAsync(
                cancels, LdlmResId.FromFid(operation.Victim), LockMode.EX, InodeBitsMasks.ELC,
                loss: LockLoss.OwnChange);
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsReintUnlink);
        cancels.Reserve(request);
        request.SetSize(Rmf.Name, operation.Name.Length + 1);
        request.SetSize(Rmf.SelinuxPol, 0);
        request.SetReplySize(Rmf.MdtMd, Volatile.Read(ref _defaultEaSize));
        var record = new MdtRecUnlink
        {
            Opcode = ReintOp.Unlink,
            Capability = operation.Caller.Capability,
            FsUid = operation.Caller.FsUid,
            FsGid = operation.Caller.FsGid,
            SupplementaryGid1 = operation.Caller.SupplementaryGid1,
            SupplementaryGid2 = MdCredentials.NoGroup,
            Mode = operation.Mode,
            Fid1 = operation.Fid1,
            Fid2 = operation.Fid2,
            Time = operation.Time,
            Bias = operation.Bias,
        };
        SetRecord(request, record);
        request.SetString(Rmf.Name, operation.Name.Span);
        return await ReintAsync(request, cancels, cancel);
    }

    /// <summary>The name in Fid1 becomes NewName in Fid2.</summary>
    public async ValueTask<Result<MdAnswer>> RenameAsync(MdOperation operation, CancellationToken cancel)
    {
        using LockCancels cancels = await CollectOfDirectoryAsync(operation.Fid1);
        if (operation.Fid2 != operation.Fid1)
            await Locks.CollectCancelsAsync(
                cancels, LdlmResId.FromFid(operation.Fid2), LockMode.EX, InodeBits.UPDATE, NameBits,
                LockLoss.OwnChange);
        if (operation.Victim.IsSane)
            await Locks.CollectCancelsAsync(
                cancels, LdlmResId.FromFid(operation.Victim), LockMode.EX, InodeBits.LOOKUP);
        if (operation.Replaced.IsSane)
            await Locks.CollectCancelsAsync(
                cancels, LdlmResId.FromFid(operation.Replaced), LockMode.EX, InodeBitsMasks.ELC);
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsReintRename);
        cancels.Reserve(request);
        request.SetSize(Rmf.Name, operation.Name.Length + 1);
        request.SetSize(Rmf.Symtgt, operation.NewName.Length + 1);
        request.SetSize(Rmf.SelinuxPol, 0);
        request.SetReplySize(Rmf.MdtMd, Volatile.Read(ref _defaultEaSize));
        var record = new MdtRecRename
        {
            Opcode = ReintOp.Rename,
            Capability = operation.Caller.Capability,
            FsUid = operation.Caller.FsUid,
            FsGid = operation.Caller.FsGid,
            SupplementaryGid1 = operation.Caller.SupplementaryGid1,
            SupplementaryGid2 = operation.Caller.SupplementaryGid2,
            Fid1 = operation.Fid1,
            Fid2 = operation.Fid2,
            Time = operation.Time,
            Mode = operation.Mode,
            Bias = operation.Bias,
        };
        SetRecord(request, record);
        request.SetString(Rmf.Name, operation.Name.Span);
        request.SetBytes(Rmf.Symtgt, operation.NewName.Span);
        return await ReintAsync(request, cancels, cancel);
    }

    public async ValueTask<Result<MdAnswer>> SetattrAsync(MdSetattr change, CancellationToken cancel)
    {
        // PERM goes too, though times alone leave it good: an owner or a mode often comes next. The name and the layout
        // stay good, and would have to be asked for again.
        using LockCancels cancels = await Locks.CollectCancelsAsync(
            LdlmResId.FromFid(change.Fid), LockMode.EX, InodeBits.UPDATE | InodeBits.PERM,
            InodeBits.LOOKUP | InodeBits.LAYOUT, LockLoss.OwnChange);
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsReintSetattr);
        cancels.Reserve(request);
        request.SetSize(Rmf.MdtEpoch, 0);
        request.SetSize(Rmf.Eadata, change.Layout.Length);
        request.SetSize(Rmf.Logcookies, 0);
        request.SetReplySize(Rmf.Acl, 0);
        SetRecord(request, Record(change));
        request.SetBytes(Rmf.Eadata, change.Layout.Span);
        return await ReintAsync(request, cancels, cancel);
    }

    /// <summary>Sets or (under FLXATTRRM) removes an attribute.</summary>
    /// <param name="fid">Of what.</param>
    /// <param name="valid">FLXATTR or FLXATTRRM.</param>
    /// <param name="name">With its prefix.</param>
    /// <param name="value">Its new value.</param>
    /// <param name="flags">XATTR_CREATE, XATTR_REPLACE.</param>
    /// <param name="time">Seconds: the ctime.</param>
    /// <param name="caller">Who.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Errno> SetxattrAsync(
        Fid fid, MdtValid valid, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, int flags, long time,
        MdCredentials caller, CancellationToken cancel)
    {
        using LockCancels cancels = await Locks.CollectCancelsAsync(
            LdlmResId.FromFid(fid), LockMode.EX, InodeBits.XATTR);
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsReintSetxattr);
        cancels.Reserve(request);
        request.SetSize(Rmf.Name, name.Length + 1);
        request.SetSize(Rmf.Eadata, value.Length);
        request.SetSize(Rmf.SelinuxPol, 0);
        var record = new MdtRecSetxattr
        {
            Opcode = ReintOp.Setxattr,
            Capability = caller.Capability,
            FsUid = caller.FsUid,
            FsGid = caller.FsGid,
            SupplementaryGid1 = caller.SupplementaryGid1,
            SupplementaryGid2 = MdCredentials.NoGroup,
            Fid = fid,
            Valid = valid | MdtValid.FLCTIME,
            Time = time,
            Size = (uint)value.Length,
            Flags = (uint)flags,
        };
        SetRecord(request, record);
        request.SetString(Rmf.Name, name.Span);
        request.SetBytes(Rmf.Eadata, value.Span);
        cancels.Pack(request);
        request.IsModifying = true;
        return await request.SendAsync(cancel);
    }

    /// <summary>Of a directory in which a name is about to change: its own name and permissions stay good.</summary>
    ValueTask<LockCancels> CollectOfDirectoryAsync(Fid directory) => Locks.CollectCancelsAsync(
        LdlmResId.FromFid(directory), LockMode.EX, InodeBits.UPDATE, NameBits, LockLoss.OwnChange);

    static MdtRecSetattr Record(in MdSetattr change) => new()
    {
        Opcode = ReintOp.Setattr,
        Capability = change.Caller.Capability,
        FsUid = change.Caller.FsUid,
        FsGid = change.Caller.FsGid,
        SupplementaryGid = change.Caller.SupplementaryGid1,
        Fid = change.Fid,
        Valid = change.Valid,
        Mode = change.Mode,
        Uid = change.Uid,
        Gid = change.Gid,
        Size = change.Size,
        Blocks = change.Blocks,
        Atime = change.Atime,
        Mtime = change.Mtime,
        Ctime = change.Ctime,
        ProjectId = change.ProjectId,
        AttrFlags = change.Flags,
        Bias = change.Bias,
    };

    static void SetNoContexts(PtlrpcRequest request)
    {
        request.SetSize(Rmf.FileSecCtxName, 0);
        request.SetSize(Rmf.FileSecCtx, 0);
        request.SetSize(Rmf.SelinuxPol, 0);
        request.SetSize(Rmf.FileEncCtx, 0);
    }

    async ValueTask<Result<MdAnswer>> ReintAsync(
        PtlrpcRequest request, LockCancels cancels, CancellationToken cancel)
    {
        cancels.Pack(request);
        request.IsModifying = true;
        Errno status = await request.SendAsync(cancel);
        Result<MdtBody> body = status is Errno.OK or Errno.EREMOTE or Errno.EXDEV
            ? request.Get(Rmf.MdtBody)
            : status;
        // Which MDT else is to be asked, stands in the reply of the refusal.
        if (status != Errno.OK && (body.Failed || (body.Value.Valid & MdtValid.MDS) == 0))
            return status;
        if (body.Failed)
            return body.Error;
        return (body.Value.Valid & MdtValid.MDS) != 0 && !body.Value.Fid1.IsSane
            ? Errno.EPROTO
            : new MdAnswer(body.Value);
    }
}
