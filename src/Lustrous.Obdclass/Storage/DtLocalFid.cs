using Lustrous.Idl.Fids;

namespace Lustrous.Obdclass.Storage;

/// <summary>FIDs of a target's own objects, the same on every target (<c>enum local_oid</c>).</summary>
/// <remarks>Source: lustre/include/lustre_fid.h of lustre-release.</remarks>
public static class DtLocalFid
{
    public static Fid FldIndex { get; } = Local(3);
    public static Fid SeqController { get; } = Local(4);
    public static Fid SeqServer { get; } = Local(5);

    /// <summary>Directory of files that are open and have no name left.</summary>
    public static Fid Orphans { get; } = Local(7);

    /// <summary>What an MDT has asked of each OST: last object ids.</summary>
    public static Fid LovObjects { get; } = Local(8);
    public static Fid LastReceived { get; } = Local(11);
    public static Fid ReplyData { get; } = Local(21);

    /// <summary>An OST's last object id of a sequence is kept at <c>[sequence:0:0]</c>.</summary>
    public static Fid OstLastGroups { get; } = Local(4117);
    public static Fid LlogCatalogs { get; } = Local(4118);

    /// <summary>The MGS's directory of configuration logs.</summary>
    public static Fid MgsConfigs { get; } = Local(4119);
    public static Fid OstHealthCheck { get; } = Local(4120);

    static Fid Local(uint objectId) => new(FidSeq.LOCAL_FILE, objectId);
}
