using Lustrous.Idl.Fids;

namespace Lustrous.Idl.Ldlm;

/// <summary>Which object a resource name means, and back.</summary>
/// <remarks>Source: lustre/include/lustre_fid.h (fid_build_reg_res_name, ostid_build_res_name and their
/// neighbours).</remarks>
public partial record struct LdlmResId
{
    public LdlmResId(ulong name0, ulong name1, ulong name2 = 0, ulong name3 = 0)
    {
        this = default;
        Name[0] = name0;
        Name[1] = name1;
        Name[2] = name2;
        Name[3] = name3;
    }

    /// <summary>The lock of a whole object on an MDT.</summary>
    public static LdlmResId FromFid(Fid fid) => new(fid.Sequence, VersionAndObjectId(fid));

    /// <summary>The lock of one name in a directory: <paramref name="hash"/> of the name is the last word.</summary>
    public static LdlmResId FromFidAndNameHash(Fid fid, uint hash) =>
        new(fid.Sequence, VersionAndObjectId(fid), 0, hash);

    /// <summary>What the file locks (flock, fcntl) of an object are taken on: its name with the type of lock as the
    /// last word, so that they are apart from its inode bits.</summary>
    public static LdlmResId ForFileLocks(Fid fid) =>
        new(fid.Sequence, VersionAndObjectId(fid), 0, (ulong)LockType.Flock);

    /// <summary>The lock of one user's quota in a pool.</summary>
    public static LdlmResId FromQuota(Fid global, Fid quotaId) =>
        new(global.Sequence, VersionAndObjectId(global), quotaId.Sequence, VersionAndObjectId(quotaId));

    /// <summary>The lock of an OST object; old names keep number and group in the old places.</summary>
    public static LdlmResId FromOstId(OstId id) => id.Sequence == FidSeq.OST_MDT0
        ? new(id.Id, FidSeq.OST_MDT0)
        : FromFid(id.FidView);

    /// <summary>The lock of an OST object by FID.</summary>
    /// <returns><c>EBADF</c> when no OST object has such a FID.</returns>
    public static Result<LdlmResId> FromOstFid(Fid fid)
    {
        Result<OstId> id = OstId.FromFid(fid);
        return id.Failed ? id.Error : FromOstId(id.Value);
    }

    /// <summary>The FID in the first two words.</summary>
    public readonly Fid ToFid() => new(Name[0], (uint)Name[1], (uint)(Name[1] >> 32));

    /// <summary>The FID of the OST object that is meant.</summary>
    /// <returns><c>EBADF</c> for an old name whose number or index is out of bounds.</returns>
    public readonly Result<Fid> ToOstFid(uint ostIndex) => Name[1] == FidSeq.OST_MDT0
        ? Fid.FromIdif(Name[0], ostIndex)
        : ToFid();

    /// <summary>As Lustre logs it: <c>[name0:name1:name2].name3</c>.</summary>
    public readonly override string ToString() =>
        $"[{Hex(Name[0])}:{Hex(Name[1])}:{Hex(Name[2])}].{Hex(Name[3])}";

    static string Hex(ulong value) => value == 0 ? "0" : $"0x{value:x}";

    static ulong VersionAndObjectId(Fid fid) => (ulong)fid.Version << 32 | fid.ObjectId;
}
