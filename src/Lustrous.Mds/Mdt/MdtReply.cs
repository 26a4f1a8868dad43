using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Acl;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

/// <summary>Whether a reply's body says how large a file is: only the server that knows of no objects knows the
/// size.</summary>
enum LayoutKnowledge
{
    /// <summary>Not looked at.</summary>
    NotAsked,

    /// <summary>The file has no objects, so its size is here.</summary>
    None,

    /// <summary>It has objects, and what is kept here of the size is a guess.</summary>
    Present,
}

/// <summary>Packs replies.</summary>
static class MdtReply
{
    const MdtValid Always =
        MdtValid.FLATIME | MdtValid.FLMTIME | MdtValid.FLCTIME | MdtValid.FLBTIME | MdtValid.FLFLAGS
        | MdtValid.FLNLINK | MdtValid.FLUID | MdtValid.FLGID | MdtValid.FLPROJID | MdtValid.FLMODE | MdtValid.FLTYPE
        | MdtValid.FLID;

    const MdtValid Sizes = MdtValid.FLSIZE | MdtValid.FLBLOCKS;

    static readonly MessageField[] s_variable =
    [
        Rmf.MdtMd, Rmf.Acl, Rmf.Logcookies, Rmf.FileSecCtx, Rmf.DefaultMdtMd, Rmf.FileEncCtx, Rmf.DlmLvb, Rmf.Eadata,
        Rmf.Eavals, Rmf.EavalsLens,
    ];

    /// <summary>Lays the reply out, with all fields empty that may be; the capsule has its format.</summary>
    /// <param name="request">Whose reply.</param>
    /// <param name="mdSizeBytes">Of RMF_MDT_MD: layout, or target of a link.</param>
    /// <param name="aclSizeBytes">Of RMF_ACL.</param>
    public static Errno Pack(ServerRequest request, int mdSizeBytes = 0, int aclSizeBytes = 0)
    {
        SetSizes(request.Capsule, mdSizeBytes, aclSizeBytes);
        return request.PackReply();
    }

    /// <summary>The bytes of an object's ACL that a reply has to have room for; ERANGE when the client takes none of
    /// that size (mdt_pack_acl2body).</summary>
    public static Result<int> MeasureAcl(ServerRequest request, IDtObject o)
    {
        if (!request.Export!.Supports(ConnectFlags.ACL))
            return 0;
        Result<int> length = o.GetXattr(DtXattr.AclAccess, default);
        if (length.Error is Errno.ENODATA or Errno.EOPNOTSUPP)
            return 0;
        if (length.Failed)
            return length.Error;
        return length.Value <= PosixAcl.SmallSize || request.Export.Supports(ConnectFlags.LARGE_ACL)
            ? length.Value : Errno.ERANGE;
    }

    /// <summary>Fills what <see cref="MeasureAcl"/> has measured. EAGAIN: it has changed meanwhile.</summary>
    public static Errno PackAcl(ServerRequest request, IDtObject o, int sizeBytes)
    {
        if (!request.Export!.Supports(ConnectFlags.ACL))
            return Errno.OK;
        if (sizeBytes > 0)
        {
            Result<int> length = o.GetXattr(
                DtXattr.AclAccess, request.Capsule.GetBytes(Rmf.Acl, MessageSide.Reply)[..sizeBytes]);
            if (length.Failed || length.Value != sizeBytes)
                return Errno.EAGAIN;
        }
        ref MdtBody body = ref Body(request);
        body.AclSize = (uint)sizeBytes;
        body.Valid |= MdtValid.FLACL;
        return Errno.OK;
    }

    public static void SetSizes(RequestCapsule capsule, int mdSizeBytes = 0, int aclSizeBytes = 0)
    {
        foreach (MessageField field in s_variable)
        {
            if (capsule.HasField(field, MessageSide.Reply))
                capsule.SetSize(
                    field, MessageSide.Reply, field == Rmf.MdtMd ? mdSizeBytes : field == Rmf.Acl ? aclSizeBytes : 0);
        }
    }

    public static ref MdtBody Body(ServerRequest request) =>
        ref request.Capsule.Borrow(Rmf.MdtBody, MessageSide.Reply);

    /// <summary>Attributes as a client takes them in (mdt_pack_attr2body).</summary>
    public static void PackAttributes(ref MdtBody body, IDtObject o, in DtAttributes a, LayoutKnowledge layout)
    {
        PackAttributes(ref body, o.Fid, a);
        if (!a.IsRegular)
            return;
        if (layout == LayoutKnowledge.None)
        {
            body.Size = a.Size;     // no blocks: those are of what is kept about the file
            body.Valid |= Sizes;
        }
        else if (layout == LayoutKnowledge.Present && TryGetSom(o, out LustreSomAttrs som))
        {
            (body.Size, body.Blocks) = (som.Size, som.Blocks);
            body.Valid |= MdtValid.FLLAZYSIZE | MdtValid.FLLAZYBLOCKS;
        }
    }

    /// <summary>The attributes of an object that may be gone: of a regular file without its size.</summary>
    public static void PackAttributes(ref MdtBody body, Fid fid, in DtAttributes a)
    {
        body.Valid |= Always;
        body.Fid1 = fid;
        (body.Atime, body.Mtime, body.Ctime) = (a.AccessTime, a.ModifyTime, a.ChangeTime);
        body.Btime = (ulong)a.BirthTime;
        (body.Mode, body.Nlink, body.Uid, body.Gid, body.ProjectId) = (a.Mode, a.Nlink, a.Uid, a.Gid, a.ProjectId);
        body.Flags = a.Flags;
        body.Rdev = a.Device;
        if (a.IsRegular)
            return;
        (body.Size, body.Blocks) = (a.Size, a.Blocks);
        body.Valid |= Sizes | MdtValid.FLRDEV;
    }

    /// <summary>The size that is kept with the file, as the last who closed it told (<c>trusted.som</c>).</summary>
    public static bool TryGetSom(IDtObject o, out LustreSomAttrs som)
    {
        som = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<LustreSomAttrs>(ref som));
        Result<int> length = o.GetXattr(DtXattr.Som, bytes);
        return !length.Failed && length.Value == bytes.Length
            && (som.Valid & (SomFlags.STRICT | SomFlags.LAZY | SomFlags.STALE)) != 0;
    }
}
