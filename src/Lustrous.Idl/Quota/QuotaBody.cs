using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Quota;

/// <summary>Quota between slaves and master: acquire, release, report (<c>struct quota_body</c>).</summary>
[WireStruct("quota_body", size: 112, Prefix = "qb_")]
public partial record struct QuotaBody
{
    public Fid Fid;
    public LquotaId Id;
    public QuotaFlags Flags;
    public uint Padding;
    public ulong Count;                 // wanted or given, in KiB or inodes
    public ulong Usage;                 // what the slave uses
    [WireName("qb_slv_ver")] public ulong SlaveVersion; // of the slave's index
    [WireName("qb_lockh")] public LustreHandle LockHandle;  // of the id
    [WireName("qb_glb_lockh")] public LustreHandle GlobalLockHandle;
    [WireName("qb_glb_ver")] public ulong GlobalVersion;
    public Array3<ulong> Padding1;
}
