using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>One change of the file system. What the flags announce follows, then the name
/// (<c>struct changelog_rec</c>).</summary>
[WireStruct("changelog_rec", size: 64, Prefix = "cr_")]
public partial record struct ChangelogRec
{
    [WireName("cr_namelen")] public ushort NameLength;
    public ushort Flags;                // ChangelogFlags: what follows, and by type
    public uint Type;                   // ChangelogType
    public ulong Index;                 // counts up
    [WireName("cr_prev")] public ulong Previous;    // the last record about the same object
    public ulong Time;                  // 30 bits of nanoseconds below the seconds
    [WireName("cr_tfid")] public Fid TargetFid; // of a CL_MARK: flags, in its first 4 bytes
    [WireName("cr_pfid")] public Fid ParentFid;
}

/// <summary>Follows a rename's record: the source (<c>struct changelog_ext_rename</c>).</summary>
[WireStruct("changelog_ext_rename", size: 32, Prefix = "cr_")]
public partial record struct ChangelogExtRename
{
    [WireName("cr_sfid")] public Fid SourceFid;
    [WireName("cr_spfid")] public Fid SourceParentFid;
}

/// <summary>Follows where the job is known (<c>struct changelog_ext_jobid</c>).</summary>
[WireStruct("changelog_ext_jobid", size: 32, Prefix = "cr_")]
public partial record struct ChangelogExtJobId
{
    [WireName("cr_jobid")] public Text32 JobId;
}

/// <summary>A changelog user is done up to a record (<c>struct changelog_setinfo</c>).</summary>
[WireStruct("changelog_setinfo", size: 12, Prefix = "cs_")]
public partial record struct ChangelogSetInfo
{
    [WireName("cs_recno")] public ulong RecordNumber;
    public uint Id;                     // of the user
}
