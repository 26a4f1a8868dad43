using Lustrous.Idl.Mgs;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>Value block of the barrier lock: the state of one MDT (<c>struct barrier_lvb</c>).</summary>
[WireStruct("barrier_lvb", size: 16, Prefix = "lvb_")]
public partial record struct BarrierLvb
{
    public BarrierStatus Status;
    public uint Index;
    public ulong Padding;
}
