using System.Runtime.CompilerServices;
using Lustrous.Idl.Mdt;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdt;

/// <summary>Reads the records of modifications, which have one size and a view for each kind (mdt_lib.c's
/// unpackers).</summary>
static class ReintRecord
{
    public static MdtRecSetattr Setattr(in MdtRecReint record) => View<MdtRecSetattr>(record);

    public static MdtRecCreate Create(in MdtRecReint record) => View<MdtRecCreate>(record);

    public static MdtRecLink Link(in MdtRecReint record) => View<MdtRecLink>(record);

    public static MdtRecUnlink Unlink(in MdtRecReint record) => View<MdtRecUnlink>(record);

    public static MdtRecRename Rename(in MdtRecReint record) => View<MdtRecRename>(record);

    public static MdtRecSetxattr Setxattr(in MdtRecReint record) => View<MdtRecSetxattr>(record);

    public static Credentials CredentialsOf(in MdtRecSetattr record) => Credentials.FromRequest(
        record.FsUid, record.FsGid, record.Capability, record.SupplementaryGid, Credentials.NoGid);

    public static Credentials CredentialsOf(in MdtRecCreate record) => Credentials.FromRequest(
        record.FsUid, record.FsGid, record.Capability, record.SupplementaryGid1, record.SupplementaryGid2,
        record.Umask);

    /// <summary>Of records that have the words where all have them.</summary>
    public static Credentials CredentialsOf(in MdtRecReint record) => Credentials.FromRequest(
        record.FsUid, record.FsGid, record.Capability, record.SupplementaryGid1, record.SupplementaryGid2);

    /// <summary>What a setattr or a close brings (mdt_attr_valid_xlate).</summary>
    public static DtAttributes AttributesOf(in MdtRecSetattr record)
    {
        var attributes = new DtAttributes
        {
            Mode = record.Mode,
            Uid = record.Uid,
            Gid = record.Gid,
            Size = record.Size,
            ModifyTime = record.Mtime,
            AccessTime = record.Atime,
            ChangeTime = record.Ctime,
            Flags = record.AttrFlags & InodeFlagsMasks.FL_USER_MODIFIABLE,
            ProjectId = record.ProjectId,
        };
        attributes.Valid = Translate(record.Valid, MdsAttrFlags.MODE, DtValid.Mode)
            | Translate(record.Valid, MdsAttrFlags.UID, DtValid.Uid)
            | Translate(record.Valid, MdsAttrFlags.GID, DtValid.Gid)
            | Translate(record.Valid, MdsAttrFlags.SIZE, DtValid.Size)
            | Translate(record.Valid, MdsAttrFlags.ATIME_SET, DtValid.AccessTime)
            | Translate(record.Valid, MdsAttrFlags.MTIME_SET, DtValid.ModifyTime)
            | Translate(record.Valid, MdsAttrFlags.CTIME_SET, DtValid.ChangeTime)
            | Translate(record.Valid, MdsAttrFlags.ATTR_FLAG, DtValid.Flags)
            | Translate(record.Valid, MdsAttrFlags.PROJID, DtValid.ProjectId);
        return attributes;
    }

    public static MddSetattrFlags FlagsOf(MdsAttrFlags valid) =>
        ((valid & MdsAttrFlags.KILL_SUID) != 0 ? MddSetattrFlags.KillSetuid : 0)
        | ((valid & MdsAttrFlags.KILL_SGID) != 0 ? MddSetattrFlags.KillSetgid : 0)
        | ((valid & MdsAttrFlags.FORCE) != 0 ? MddSetattrFlags.Bypass : 0)
        | ((valid & MdsAttrFlags.OVERRIDE) != 0 ? MddSetattrFlags.OwnerOverride : 0);

    static DtValid Translate(MdsAttrFlags valid, MdsAttrFlags flag, DtValid field) =>
        (valid & flag) != 0 ? field : DtValid.None;

    static T View<T>(in MdtRecReint record) where T : unmanaged =>
        Unsafe.As<MdtRecReint, T>(ref Unsafe.AsRef(in record));
}
