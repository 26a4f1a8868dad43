using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Quota;

/// <summary>Whose quota (<c>union lquota_id</c>): a user, group or project by number, or an index by FID.</summary>
[WireStruct("lquota_id", size: 16, Prefix = "qid_")]
public partial record struct LquotaId
{
    public Fid Fid;

    public LquotaId(ulong id) => Fid = new Fid(id, 0);

    /// <summary>The number of the user, group or project: the FID's first word.</summary>
    public readonly ulong Id => Fid.Sequence;
}
