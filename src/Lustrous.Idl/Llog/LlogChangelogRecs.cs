using Lustrous.Idl.Update;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>A change in its llog; the tail follows the name (<c>struct llog_changelog_rec</c>).</summary>
[WireStruct("llog_changelog_rec", size: 88, Prefix = "cr_")]
public partial record struct LlogChangelogRec
{
    [WireName("cr_hdr")] public LlogRecHdr Header;
    [WireName("cr")] public ChangelogRec Record;
    [WireName("cr_do_not_use")] public LlogRecTail UnusedTail;  // stands elsewhere: behind the name
}

/// <summary>A user of the changelog (<c>struct llog_changelog_user_rec</c>).</summary>
[WireStruct("llog_changelog_user_rec", size: 40, Prefix = "cur_")]
public partial record struct LlogChangelogUserRec
{
    [WireName("cur_hdr")] public LlogRecHdr Header;
    public uint Id;
    public uint Time;                   // seconds, when last heard of
    [WireName("cur_endrec")] public ulong EndRecord;    // the last one it is done with
    public LlogRecTail Tail;
}

/// <summary>A distributed transaction in the update llog (<c>struct llog_update_record</c>).</summary>
[WireStruct("llog_update_record", size: 48, Prefix = "lur_")]
public partial record struct LlogUpdateRecord
{
    [WireName("lur_hdr")] public LlogRecHdr Header;
    [WireName("lur_update_rec")] public UpdateRecords UpdateRecord;
}
