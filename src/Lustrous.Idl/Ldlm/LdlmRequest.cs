using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>Enqueues, converts or cancels locks, and the ASTs of servers (<c>struct ldlm_request</c>).</summary>
[WireStruct("ldlm_request", size: 88, Prefix = "lock_")]
[WireTail("lock_handle", typeof(LustreHandle))]
public partial record struct LdlmRequest
{
    public uint Flags;                  // LockFlags, the lower half: those above never travel
    public uint Count;                  // handles that follow, at least one
    public LdlmLockDesc Desc;
}

/// <summary>What an enqueue is to do besides (<c>struct ldlm_intent</c>).</summary>
[WireStruct("ldlm_intent", size: 8)]
public partial record struct LdlmIntent
{
    [WireName("opc")] public IntentOps Opcode;
}
