using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Oss.Ofd;

/// <summary>Attributes between storage and the wire.</summary>
/// <remarks>Source: la_from_obdo and obdo_from_la of lustre/obdclass/obdo.c.</remarks>
static class ObdoAttributes
{
    const uint PermissionMask = 0xFFF;

    /// <summary>What a reply tells of an object (<c>OFD_VALID_FLAGS</c>).</summary>
    public const MdtValid Reply =
        MdtValid.FLTYPE | MdtValid.FLMODE | MdtValid.FLSIZE | MdtValid.FLBLOCKS | MdtValid.FLATIME | MdtValid.FLMTIME
        | MdtValid.FLCTIME;

    public const MdtValid Owners = MdtValid.FLUID | MdtValid.FLGID | MdtValid.FLPROJID;

    public const MdtValid Times = MdtValid.FLATIME | MdtValid.FLMTIME | MdtValid.FLCTIME;

    /// <summary>Those of <paramref name="wanted"/> that the sender has filled.</summary>
    public static DtAttributes From(in Obdo body, MdtValid wanted)
    {
        MdtValid valid = body.Valid & wanted;
        return new DtAttributes
        {
            Valid = ToDt(valid),
            AccessTime = body.Atime,
            ModifyTime = body.Mtime,
            ChangeTime = body.Ctime,
            Mode = body.Mode & PermissionMask,
            Uid = body.Uid,
            Gid = body.Gid,
            ProjectId = body.ProjectId,
        };
    }

    /// <summary>Puts <paramref name="fields"/> into a reply.</summary>
    public static void Fill(ref Obdo body, in DtAttributes attributes, MdtValid fields)
    {
        body.Valid |= fields;
        if ((fields & MdtValid.FLATIME) != 0)
            body.Atime = attributes.AccessTime;
        if ((fields & MdtValid.FLMTIME) != 0)
            body.Mtime = attributes.ModifyTime;
        if ((fields & MdtValid.FLCTIME) != 0)
            body.Ctime = attributes.ChangeTime;
        if ((fields & MdtValid.FLSIZE) != 0)
            body.Size = attributes.Size;
        if ((fields & MdtValid.FLBLOCKS) != 0)
            body.Blocks = attributes.Blocks;
        if ((fields & MdtValid.FLMODE) != 0)
            body.Mode = attributes.Mode;
        if ((fields & MdtValid.FLUID) != 0)
            body.Uid = attributes.Uid;
        if ((fields & MdtValid.FLGID) != 0)
            body.Gid = attributes.Gid;
        if ((fields & MdtValid.FLPROJID) != 0)
            body.ProjectId = attributes.ProjectId;
    }

    static DtValid ToDt(MdtValid valid)
    {
        DtValid result = 0;
        if ((valid & MdtValid.FLATIME) != 0)
            result |= DtValid.AccessTime;
        if ((valid & MdtValid.FLMTIME) != 0)
            result |= DtValid.ModifyTime;
        if ((valid & MdtValid.FLCTIME) != 0)
            result |= DtValid.ChangeTime;
        if ((valid & MdtValid.FLMODE) != 0)
            result |= DtValid.Mode;
        if ((valid & MdtValid.FLUID) != 0)
            result |= DtValid.Uid;
        if ((valid & MdtValid.FLGID) != 0)
            result |= DtValid.Gid;
        if ((valid & MdtValid.FLPROJID) != 0)
            result |= DtValid.ProjectId;
        return result;
    }
}
