using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Mds.Tests.Mdt;

// MDS_REINT, and attributes by FID.
sealed partial class MdtClient
{
    const uint DirectoryType = 0x4000;

    public Task<MdtAnswer> MkdirAsync(Fid parent, string name, uint mode = 0x1FF) =>
        CreateAsync(parent, name, DirectoryType | mode);

    public Task<MdtAnswer> SymlinkAsync(Fid parent, string name, string target) =>
        CreateAsync(parent, name, 0xA1FF, target);

    public Task<MdtAnswer> CreateAsync(
        Fid parent, string name, uint mode, string? target = null, uint device = 0) => OnAsync(async () =>
    {
        using TestRequest request = New(
            target is null ? RequestFormats.MdsReintCreateAcl : RequestFormats.MdsReintCreateSym);
        var record = new MdtRecCreate
        {
            Opcode = ReintOp.Create,
            Capability = AllCapabilities,
            FsUid = Uid,
            FsGid = Gid,
            SupplementaryGid1 = SupplementaryGid,
            SupplementaryGid2 = uint.MaxValue,
            Fid1 = parent,
            Fid2 = NewFid(),
            Time = Time,
            Mode = mode,
            Rdev = device,
            Umask = Umask,
        };
        request.Set(Rmf.RecReint, As(record));
        Empty(request, Rmf.Capa1);
        SetName(request, Rmf.Name, name);
        if (target is not null)
        {
            request.SetSize(Rmf.Symtgt, target.Length + 1);
            request.SetBytes(Rmf.Symtgt, [.. Bytes(target), 0]);
        }
        else
        {
            Empty(request, Rmf.Eadata);
        }
        request.Set(Rmf.DlmReq, default);
        Empty(request, Rmf.FileSecCtxName, Rmf.FileSecCtx, Rmf.SelinuxPol, Rmf.FileEncCtx);
        Room(request, Rmf.Capa1);
        if (target is null)
            Room(request, Rmf.MdtMd);
        return Answer(request, await request.SendAsync(default));
    });

    public Task<MdtAnswer> LinkAsync(Fid source, Fid parent, string name) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.MdsReintLink);
        MdtRecReint record = NewRecord(ReintOp.Link);
        var link = System.Runtime.CompilerServices.Unsafe.BitCast<MdtRecReint, MdtRecLink>(record);
        (link.Fid1, link.Fid2, link.Time) = (source, parent, Time);
        request.Set(Rmf.RecReint, As(link));
        Empty(request, Rmf.Capa1, Rmf.Capa2);
        SetName(request, Rmf.Name, name);
        request.Set(Rmf.DlmReq, default);
        Empty(request, Rmf.SelinuxPol);
        return Answer(request, await request.SendAsync(default));
    });

    public Task<MdtAnswer> UnlinkAsync(Fid parent, string name, HeldLock? early = null) =>
        RemoveAsync(parent, name, 0, early);

    public Task<MdtAnswer> RmdirAsync(Fid parent, string name) => RemoveAsync(parent, name, DirectoryType, null);

    Task<MdtAnswer> RemoveAsync(Fid parent, string name, uint mode, HeldLock? early) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.MdsReintUnlink);
        MdtRecReint record = NewRecord(ReintOp.Unlink);
        var unlink = System.Runtime.CompilerServices.Unsafe.BitCast<MdtRecReint, MdtRecUnlink>(record);
        (unlink.Fid1, unlink.Time, unlink.Mode) = (parent, Time, mode);
        request.Set(Rmf.RecReint, As(unlink));
        Empty(request, Rmf.Capa1);
        SetName(request, Rmf.Name, name);
        request.Set(Rmf.DlmReq, default);
        if (early is not null)
        {
            SetLockRequest(request, new LdlmRequest { Count = 1 }, early.Server);
            Locks.Remove(early.Own);
        }
        Empty(request, Rmf.SelinuxPol);
        Room(request, Rmf.MdtMd, Rmf.Logcookies, Rmf.Capa1, Rmf.Capa2);
        return Answer(request, await request.SendAsync(default));
    });

    public Task<MdtAnswer> RenameAsync(
        Fid oldParent, string oldName, Fid newParent, string newName, uint mode = 0) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.MdsReintRename);
        MdtRecReint record = NewRecord(ReintOp.Rename);
        var rename = System.Runtime.CompilerServices.Unsafe.BitCast<MdtRecReint, MdtRecRename>(record);
        (rename.Fid1, rename.Fid2, rename.Time, rename.Mode) = (oldParent, newParent, Time, mode);
        request.Set(Rmf.RecReint, As(rename));
        Empty(request, Rmf.Capa1, Rmf.Capa2);
        SetName(request, Rmf.Name, oldName);
        request.SetSize(Rmf.Symtgt, newName.Length + 1);
        request.SetBytes(Rmf.Symtgt, [.. Bytes(newName), 0]);
        request.Set(Rmf.DlmReq, default);
        Empty(request, Rmf.SelinuxPol);
        Room(request, Rmf.MdtMd, Rmf.Logcookies, Rmf.Capa1, Rmf.Capa2);
        return Answer(request, await request.SendAsync(default));
    });

    public Task<MdtAnswer> SetattrAsync(Fid fid, MdtRecSetattr record, byte[]? ea = null) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.MdsReintSetattr);
        record.Opcode = ReintOp.Setattr;
        (record.FsUid, record.FsGid, record.Capability) = (Uid, Gid, AllCapabilities);
        (record.SupplementaryGid, record.Fid) = (SupplementaryGid, fid);
        record.Ctime = Time;
        request.Set(Rmf.RecReint, As(record));
        Empty(request, Rmf.Capa1, Rmf.MdtEpoch);
        request.SetSize(Rmf.Eadata, ea?.Length ?? 0);
        if (ea is not null)
            request.SetBytes(Rmf.Eadata, ea);
        Empty(request, Rmf.Logcookies);
        request.Set(Rmf.DlmReq, default);
        Room(request, Rmf.MdtMd, Rmf.Acl, Rmf.Capa1, Rmf.Capa2);
        return Answer(request, await request.SendAsync(default));
    });

    public Task<MdtAnswer> ChmodAsync(Fid fid, uint mode) =>
        SetattrAsync(fid, new MdtRecSetattr { Valid = MdsAttrFlags.MODE | MdsAttrFlags.CTIME_SET, Mode = mode });

    public Task<MdtAnswer> ChownAsync(Fid fid, uint uid, uint gid) => SetattrAsync(fid, new MdtRecSetattr
    {
        Valid = MdsAttrFlags.UID | MdsAttrFlags.GID | MdsAttrFlags.CTIME_SET,
        Uid = uid,
        Gid = gid,
    });

    public Task<MdtAnswer> TruncateAsync(Fid fid, ulong size) => SetattrAsync(fid, new MdtRecSetattr
    {
        Valid = MdsAttrFlags.SIZE | MdsAttrFlags.MTIME_SET | MdsAttrFlags.CTIME_SET,
        Size = size,
        Mtime = Time,
    });

    /// <summary>MDS_GETATTR.</summary>
    public Task<MdtAnswer> GetattrAsync(Fid fid, MdtValid valid, uint room = 4096) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.MdsGetattr, Portals.MDS_READPAGE_PORTAL);
        MdtBody body = NewBody(fid);
        body.Valid = valid;
        body.EaDataSize = room;
        request.Set(Rmf.MdtBody, body);
        Empty(request, Rmf.Capa1);
        SetReplyRoom(request);
        return Answer(request, await request.SendAsync(default));
    });

    public Task<MdtAnswer> SetxattrAsync(Fid fid, string name, byte[]? value, uint flags = 0) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.MdsReintSetxattr);
        MdtRecReint record = NewRecord(ReintOp.Setxattr);
        var set = System.Runtime.CompilerServices.Unsafe.BitCast<MdtRecReint, MdtRecSetxattr>(record);
        (set.Fid, set.Time, set.Flags) = (fid, Time, flags);
        set.Valid = MdtValid.FLCTIME | (value is null ? MdtValid.FLXATTRRM : MdtValid.FLXATTR);
        request.Set(Rmf.RecReint, As(set));
        Empty(request, Rmf.Capa1);
        SetName(request, Rmf.Name, name);
        request.SetSize(Rmf.Eadata, value?.Length ?? 0);
        if (value is { Length: > 0 })
            request.SetBytes(Rmf.Eadata, value);
        request.Set(Rmf.DlmReq, default);
        Empty(request, Rmf.SelinuxPol);
        return Answer(request, await request.SendAsync(default));
    });

    /// <summary>MDS_GETXATTR: one, or with an empty name the names of all.</summary>
    public async Task<(Errno Error, byte[] Value)> GetxattrAsync(Fid fid, string name, uint room = 65536)
    {
        (Errno error, byte[] value, _) = await GetxattrReplyAsync(fid, name, room);
        return (error, value);
    }

    /// <summary>The same, and whether the reply has a body: of an error without one kernels complain.</summary>
    public Task<(Errno Error, byte[] Value, bool HasBody)> GetxattrReplyAsync(
        Fid fid, string name, uint room = 65536) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.MdsGetxattr);
        MdtBody body = NewBody(fid);
        body.Valid = name.Length == 0 ? MdtValid.FLXATTRLS : MdtValid.FLXATTR;
        body.EaDataSize = room;
        request.Set(Rmf.MdtBody, body);
        Empty(request, Rmf.Capa1);
        SetName(request, Rmf.Name, name);
        Empty(request, Rmf.Eadata, Rmf.SelinuxPol);
        request.SetReplySize(Rmf.Eadata, (int)room);
        Errno status = await request.SendAsync(default);
        byte[] value = status == Errno.OK ? request.GetBytes(Rmf.Eadata).ToArray() : [];
        return (status, value, !request.Get(Rmf.MdtBody).Failed);
    });

    /// <summary>IT_GETXATTR.</summary>
    public Task<(MdtAnswer Answer, string Names, byte[] Values, uint[] Lengths)> GetAllXattrsAsync(
        Fid fid, uint room = 4096) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.LdlmIntentGetxattr);
        ulong own = SetEnqueue(request, fid, LockMode.PR, InodeBits.XATTR);
        request.Set(Rmf.LdlmIntent, new LdlmIntent { Opcode = IntentOps.GETXATTR });
        MdtBody body = NewBody(fid);
        body.Valid = MdtValid.FLID | MdtValid.FLXATTR | MdtValid.FLXATTRLS;
        body.EaDataSize = room;
        request.Set(Rmf.MdtBody, body);
        Empty(request, Rmf.Capa1, Rmf.SelinuxPol);
        request.SetReplySize(Rmf.MdtMd, 56);
        Room(request, Rmf.Acl);
        foreach (MessageField field in (MessageField[])[Rmf.Eadata, Rmf.Eavals, Rmf.EavalsLens])
            request.SetReplySize(field, (int)room);
        Errno status = await request.SendAsync(default);
        if (status != Errno.OK)
            return (Answer(request, status, own), "", [], []);
        string names = System.Text.Encoding.ASCII.GetString(request.GetBytes(Rmf.Eadata));
        byte[] values = request.GetBytes(Rmf.Eavals).ToArray();
        uint[] lengths = request.Capsule.GetArray(Rmf.EavalsLens, MessageSide.Reply).ToArray();
        return (Answer(request, status, own), names, values, lengths);
    });

    /// <summary>MDS_GET_INFO with "fid2path".</summary>
    public Task<(Errno Error, string Path)> PathAsync(Fid fid, uint link) => OnAsync(async () =>
    {
        const int head = 32, room = 1024;
        using TestRequest request = New(RequestFormats.MdsFid2path);
        var key = new byte[16 + head + 16];
        "fid2path"u8.CopyTo(key);
        System.Runtime.InteropServices.MemoryMarshal.Write(key.AsSpan(16), new GetInfoFid2Path
        {
            Fid = fid,
            LinkNumber = link,
            PathLength = room,
        });
        System.Runtime.InteropServices.MemoryMarshal.Write(key.AsSpan(16 + head), Fid.Root);
        request.SetSize(Rmf.GetinfoKey, key.Length);
        request.SetBytes(Rmf.GetinfoKey, key);
        request.Set(Rmf.GetinfoVallen, (uint)(head + room));
        request.SetReplySize(Rmf.GetinfoVal, head + room);
        Errno status = await request.SendAsync(default);
        if (status != Errno.OK)
            return (status, "");
        ReadOnlySpan<byte> path = request.GetBytes(Rmf.GetinfoVal)[head..];
        return (status, System.Text.Encoding.UTF8.GetString(path[..path.IndexOf((byte)0)]));
    });
}
