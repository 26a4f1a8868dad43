using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>The answer to an enqueue: the lock that was given (<c>struct ldlm_reply</c>).</summary>
[WireStruct("ldlm_reply", size: 112, Prefix = "lock_")]
public partial record struct LdlmReply
{
    public uint Flags;                  // LockFlags, the lower half
    public uint Padding;
    public LdlmLockDesc Desc;
    public LustreHandle Handle;
    [WireName("lock_policy_res1")] public ulong PolicyResult1;  // intent: Dispositions
    [WireName("lock_policy_res2")] public ulong PolicyResult2;  // intent: its errno, negated
}
