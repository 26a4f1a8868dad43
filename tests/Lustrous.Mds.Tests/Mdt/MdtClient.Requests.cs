using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>What came of a request.</summary>
/// <param name="Error">Of the request, or of its intent.</param>
/// <param name="Body">Attributes.</param>
/// <param name="Md">RMF_MDT_MD.</param>
/// <param name="Dispositions">Of an intent.</param>
/// <param name="Lock">That came with it.</param>
/// <param name="Transno">Of the change.</param>
sealed record MdtAnswer(
    Errno Error, MdtBody Body, byte[] Md, Dispositions Dispositions, HeldLock? Lock, ulong Transno)
{
    /// <summary><c>pb_status</c>.</summary>
    public int Status { get; init; }

    /// <summary>Bytes of each buffer of the reply.</summary>
    public int[] Lengths { get; init; } = [];

    /// <summary>RMF_ACL.</summary>
    public byte[] Acl { get; init; } = [];

    public Fid Fid => Body.Fid1;
}

// One method a request, as a kernel's client fills it.
sealed partial class MdtClient
{
    const uint AllCapabilities = uint.MaxValue;

    public const MdtValid GetattrValid = MdtValidMasks.FLGETATTR | MdtValid.FLEASIZE | MdtValid.FLMODEASIZE
        | MdtValid.FLDIREA | MdtValid.MEA | MdtValid.DEFAULT_MEA | MdtValid.FLACL;

    MdtBody NewBody(Fid fid) => new()
    {
        Fid1 = fid,
        Valid = MdtValid.FLID,
        FsUid = Uid,
        FsGid = Gid,
        Capability = AllCapabilities,
        SupplementaryGid = SupplementaryGid,
    };

    MdtRecReint NewRecord(ReintOp op) => new()
    {
        Opcode = op,
        Capability = AllCapabilities,
        FsUid = Uid,
        FsGid = Gid,
        SupplementaryGid1 = SupplementaryGid,
        SupplementaryGid2 = uint.MaxValue,
    };

    static byte[] Bytes(string name) => Encoding.Latin1.GetBytes(name);

    static void SetName(TestRequest request, StringField field, string name)
    {
        request.SetSize(field, name.Length + 1);
        request.SetString(field, Bytes(name));
    }

    static void Empty(TestRequest request, params MessageField[] fields)
    {
        foreach (MessageField field in fields)
            request.SetSize(field, 0);
    }

    static void Room(TestRequest request, params MessageField[] fields)
    {
        foreach (MessageField field in fields)
            request.SetReplySize(field, 0);
    }

    MdtAnswer Answer(TestRequest request, Errno status, ulong own = 0)
    {
        RequestCapsule capsule = request.Capsule;
        bool hasReply = capsule.HasMessage(MessageSide.Reply);
        bool hasBody = hasReply && capsule.HasField(Rmf.MdtBody, MessageSide.Reply)
            && capsule.FieldPresent(Rmf.MdtBody, MessageSide.Reply);
        var answer = new MdtAnswer(status, default, [], 0, null, request.Transno)
        {
            Status = request.ReplyStatus,
            Lengths = hasReply ? LengthsOf(capsule.Reply) : [],
        };
        if (hasBody)
            answer = answer with { Body = request.Get(Rmf.MdtBody).Value };
        MessageField md = hasReply && capsule.HasField(Rmf.MdtMd, MessageSide.Reply) ? Rmf.MdtMd : Rmf.DlmLvb;
        if (hasReply && capsule.HasField(md, MessageSide.Reply))
            answer = answer with { Md = request.GetBytes(md).ToArray() };
        if (hasReply && capsule.HasField(Rmf.Acl, MessageSide.Reply))
            answer = answer with { Acl = request.GetBytes(Rmf.Acl).ToArray() };
        if (own == 0 || !hasReply || !capsule.FieldPresent(Rmf.DlmRep, MessageSide.Reply))
            return answer;
        LdlmReply reply = request.Get(Rmf.DlmRep).Value;
        if (status == Errno.OK && reply.PolicyResult2 != 0)
            status = (Errno)(int)-(long)reply.PolicyResult2;
        return answer with
        {
            Error = status,
            Dispositions = (Dispositions)reply.PolicyResult1,
            Lock = TakeLock(request, own, status),
        };
    }

    static int[] LengthsOf(LustreMessage message)
    {
        var lengths = new int[message.BufferCount];
        for (int i = 0; i < lengths.Length; i++)
            lengths[i] = message.BufferLength(i);
        return lengths;
    }

    public Task<MdtAnswer> GetRootAsync(string? path = null) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.MdsGetRoot);
        request.Set(Rmf.MdtBody, NewBody(default));
        if (path is not null)
            SetName(request, Rmf.Name, path);
        Room(request, Rmf.Capa1);
        return Answer(request, await request.SendAsync(default));
    });

    /// <summary>IT_GETATTR or IT_LOOKUP of a name, or of an object by FID.</summary>
    public Task<MdtAnswer> IntentAsync(
        IntentOps op, Fid parent, string name, Fid child = default) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.LdlmIntentGetattr);
        InodeBits bits = op == IntentOps.LOOKUP ? InodeBits.LOOKUP : InodeBits.UPDATE;
        ulong own = SetEnqueue(request, parent, LockMode.CR, bits);
        request.Set(Rmf.LdlmIntent, new LdlmIntent { Opcode = op });
        MdtBody body = NewBody(parent);
        body.Fid2 = child;
        body.Valid = GetattrValid;
        body.EaDataSize = 4096;
        request.Set(Rmf.MdtBody, body);
        Empty(request, Rmf.Capa1);
        SetName(request, Rmf.Name, name);
        SetReplyRoom(request);
        return Answer(request, await request.SendAsync(default), own);
    });

    /// <summary>MDS_BATCH, inline or with the requests as bulk.</summary>
    public Task<(Errno Error, byte[] Reply)> BatchAsync(ButUpdateHeader header, byte[] requests, bool isBulk) =>
        OnAsync(async () =>
        {
            using TestRequest request = New(RequestFormats.MdsBatch, Portals.OUT_PORTAL, Portals.OSC_REPLY_PORTAL);
            byte[] head = [.. MemoryMarshal.AsBytes([header]), .. isBulk ? [] : requests];
            request.SetSize(Rmf.ButHeader, head.Length);
            request.SetBytes(Rmf.ButHeader, head);
            request.SetReplySize(Rmf.ButReply, 4096);
            using PooledBuffer memory = _ptlrpc.Context.Buffers.Take(requests.Length);
            requests.CopyTo(memory.Span);
            BulkDescriptor? bulk = isBulk ? _ptlrpc.TakeBulk(BulkType.GetSource, Portals.MDS_BULK_PORTAL) : null;
            if (bulk is not null)
            {
                Assert.Equal(Errno.OK, bulk.Add(memory.Slice(0, requests.Length)));
                request.Bulk = bulk;
                request.SetSize(Rmf.ButBuf, 8);
                var size = new ButUpdateBuffer { Size = (uint)requests.Length };
                request.SetBytes(Rmf.ButBuf, MemoryMarshal.AsBytes([size]).ToArray());
            }
            Errno status = await request.SendAsync(default);
            byte[] reply = status == Errno.OK ? request.GetBytes(Rmf.ButReply).ToArray() : [];
            if (bulk is not null)
                _ptlrpc.ReturnBulk(bulk);
            return (status, reply);
        });

    /// <summary>IT_LAYOUT.</summary>
    public Task<MdtAnswer> LayoutAsync(Fid fid) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.LdlmIntentLayout);
        ulong own = SetEnqueue(request, fid, LockMode.CR, InodeBits.LAYOUT);
        request.Set(Rmf.LdlmIntent, new LdlmIntent { Opcode = IntentOps.LAYOUT });
        request.Set(Rmf.LayoutIntent, default);
        Empty(request, Rmf.Eadata);
        request.SetReplySize(Rmf.DlmLvb, 4096);
        return Answer(request, await request.SendAsync(default), own);
    });

    static void SetReplyRoom(TestRequest request)
    {
        request.SetReplySize(Rmf.MdtMd, 4096);
        Room(request, Rmf.Acl);
        foreach (MessageField field in (MessageField[])[Rmf.FileSecCtx, Rmf.DefaultMdtMd, Rmf.FileEncCtx, Rmf.Capa1,
            Rmf.Capa2])
        {
            if (request.Capsule.HasField(field, MessageSide.Reply))
                request.SetReplySize(field, 0);
        }
    }

    public Task<MdtAnswer> LookupAsync(Fid parent, string name) => IntentAsync(IntentOps.LOOKUP, parent, name);

    public Task<MdtAnswer> StatAsync(Fid parent, string name) => IntentAsync(IntentOps.GETATTR, parent, name);

    public Task<MdtAnswer> StatAsync(Fid fid) => IntentAsync(IntentOps.GETATTR, fid, "", fid);

    /// <summary>Opens by name, and creates with CREAT; by FID with BY_FID.</summary>
    public Task<MdtAnswer> OpenAsync(
        Fid parent, string name, MdsOpenFlags flags, uint mode = 0x1B6, byte[]? ea = null, Fid child = default,
        Action<TestRequest>? before = null) => OnAsync(async () =>
    {
        bool creates = (flags & MdsOpenFlags.CREAT) != 0;
        using TestRequest request = New(RequestFormats.LdlmIntentOpen);
        ulong own = SetEnqueue(request, parent, creates ? LockMode.CW : LockMode.CR, InodeBits.UPDATE);
        request.Set(Rmf.LdlmIntent, new LdlmIntent
        {
            Opcode = creates ? IntentOps.OPEN | IntentOps.CREAT : IntentOps.OPEN,
        });
        var record = new MdtRecCreate
        {
            Opcode = ReintOp.Open,
            Capability = AllCapabilities,
            FsUid = Uid,
            FsGid = Gid,
            SupplementaryGid1 = SupplementaryGid,
            SupplementaryGid2 = uint.MaxValue,
            Fid1 = parent,
            Fid2 = creates ? NewFid() : child,
            Time = Time,
            Mode = 0x8000 | mode,
            Flags = flags | (ea is null ? 0 : MdsOpenFlags.HAS_EA),
            Umask = Umask,
        };
        request.Set(Rmf.RecReint, As(record));
        Empty(request, Rmf.Capa1, Rmf.Capa2);
        SetName(request, Rmf.Name, name);
        request.SetSize(Rmf.Eadata, ea?.Length ?? 0);
        if (ea is not null)
            request.SetBytes(Rmf.Eadata, ea);
        Empty(request, Rmf.FileSecCtxName, Rmf.FileSecCtx, Rmf.SelinuxPol, Rmf.FileEncCtx);
        SetReplyRoom(request);
        before?.Invoke(request);
        return Answer(request, await request.SendAsync(default), own);
    });

    public Task<MdtAnswer> CreateFileAsync(Fid parent, string name, uint mode = 0x1B6) =>
        OpenAsync(parent, name, MdsOpenFlags.CREAT | MdsOpenFlags.FMODE_WRITE | MdsOpenFlags.FMODE_READ, mode);

    /// <summary>Creates a file and closes it.</summary>
    public async Task<Fid> MakeFileAsync(Fid parent, string name, uint mode = 0x1B6)
    {
        MdtAnswer made = await CreateFileAsync(parent, name, mode);
        Assert.Equal(Errno.OK, made.Error);
        Assert.Equal(Errno.OK, (await CloseAsync(made)).Error);
        return made.Fid;
    }

    public async Task<Fid> MakeDirAsync(Fid parent, string name, uint mode = 0x1FF)
    {
        MdtAnswer made = await MkdirAsync(parent, name, mode);
        Assert.Equal(Errno.OK, made.Error);
        return made.Fid;
    }

    public Task<MdtAnswer> CloseAsync(MdtAnswer opened, ulong? size = null) =>
        CloseAsync(opened.Body.OpenHandle, opened.Fid, size);

    public Task<MdtAnswer> CloseAsync(LustreHandle handle, Fid fid, ulong? size = null) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.MdsClose, Portals.MDS_READPAGE_PORTAL);
        request.Set(Rmf.MdtEpoch, new MdtIoEpoch { OpenHandle = handle });
        var record = new MdtRecSetattr
        {
            Opcode = ReintOp.Setattr,
            FsUid = Uid,
            FsGid = Gid,
            Capability = AllCapabilities,
            Fid = fid,
        };
        if (size is { } bytes)
        {
            record.Valid = MdsAttrFlags.LSIZE | MdsAttrFlags.LBLOCKS | MdsAttrFlags.MTIME_SET | MdsAttrFlags.CTIME_SET;
            (record.Size, record.Blocks) = (bytes, bytes / 512);
            (record.Mtime, record.Ctime) = (Time, Time);
        }
        request.Set(Rmf.RecReint, As(record));
        Empty(request, Rmf.Capa1);
        Room(request, Rmf.MdtMd, Rmf.Logcookies, Rmf.Capa1, Rmf.Capa2);
        return Answer(request, await request.SendAsync(default));
    });

    public Task<Errno> ReadDirPagesAsync(Fid directory, ulong hash, int room, Memory<byte> pages, List<int> sizes) =>
        OnAsync(async () =>
        {
            using TestRequest request = New(RequestFormats.MdsReadpage, Portals.MDS_READPAGE_PORTAL);
            MdtBody body = NewBody(directory);
            body.Size = hash;
            body.Nlink = (uint)room;
            body.Mode = (uint)(DirentAttrs.FID | DirentAttrs.TYPE);
            request.Set(Rmf.MdtBody, body);
            Empty(request, Rmf.Capa1);
            using PooledBuffer buffer = _node.Context.Buffers.Take(room);
            BulkDescriptor bulk = _ptlrpc.TakeBulk(BulkType.PutSink, Portals.MDS_BULK_PORTAL);
            bulk.Add(buffer.Slice(0, room));
            request.Bulk = bulk;
            Errno status = await request.SendAsync(default);
            int bytes = (int)bulk.TransferredBytes;
            _ptlrpc.ReturnBulk(bulk);
            buffer.Span[..bytes].CopyTo(pages.Span);
            sizes.Add(bytes);
            return status;
        });

    static MdtRecReint As<T>(in T record) where T : unmanaged =>
        System.Runtime.CompilerServices.Unsafe.BitCast<T, MdtRecReint>(record);
}
