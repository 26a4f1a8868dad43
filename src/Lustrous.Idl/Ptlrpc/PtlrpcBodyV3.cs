using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>First buffer of every message: what is asked, of whom, and how far both sides are
/// (<c>struct ptlrpc_body_v3</c>).</summary>
[WireStruct("ptlrpc_body_v3", size: 184, Prefix = "pb_")]
public partial record struct PtlrpcBodyV3
{
    public LustreHandle Handle;         // of the export (request) that the connection gave
    public PtlrpcMessageType Type;
    public uint Version;                // LustreMsgVersion, and the service's own version in the lower bits
    [WireName("pb_opc")] public uint Opcode;
    public int Status;                  // reply: 0, or an errno negated; request: process id
    public ulong LastXid;               // the highest xid below which the client has all replies
    public ushort Tag;                  // slot of multi-modify: a new request in it acknowledges the old reply
    public ushort Padding0;
    public uint Projid;
    public ulong LastCommitted;         // reply: the highest transno on disk
    public ulong Transno;               // reply: of this modification; request: replay
    public MsgFlags Flags;
    public MsgConnectFlags OpFlags;     // by opcode; those of connect requests
    [WireName("pb_conn_cnt")] public uint ConnectionCount;  // which connect this belongs to
    public uint Timeout;                // seconds; request: until the client gives up, reply: the service's estimate
    public uint ServiceTime;            // seconds; reply: how long it took, early reply: the new estimate
    public uint Limit;                  // LDLM: locks the client may keep
    public ulong Slv;                   // LDLM: server lock volume
    public Array4<ulong> PreVersions;   // of the objects before the operation, for version-based recovery
    [WireName("pb_mbits")] public ulong MatchBits;  // of the bulk descriptors
    public ulong Padding640;
    public ulong Padding641;
    public uint Uid;
    public uint Gid;
    [WireName("pb_jobid")] public Text32 JobId;
}
